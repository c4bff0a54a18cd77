import type { WasmModule } from "../wasm/index.ts";

// Envoy's V8 makes a memory and a table for every import of one, whatever it is called, and takes any memory that is
// exported for the module's own.

/** By the name that each is imported by. */
export type GivenMemories = Record<string, Record<string, WebAssembly.Memory | WebAssembly.Table>>;

/** The memories and tables that a module imports, made as large as it asks. */
export function givenMemories({ imports }: WasmModule, maxPages: number): GivenMemories {
  const given: GivenMemories = {};
  for (const { module, name, kind, limits } of imports) {
    const initial = limits?.min ?? 0;
    if (kind === "memory") {
      const maximum = Math.max(initial, Math.min(limits?.max ?? maxPages, maxPages));
      (given[module] ??= {})[name] = new WebAssembly.Memory({ initial, maximum, shared: limits?.shared ?? false });
    } else if (kind === "table") {
      const maximum = limits?.max === undefined ? {} : { maximum: limits.max };
      (given[module] ??= {})[name] = new WebAssembly.Table({ element: "anyfunc", initial, ...maximum });
    }
  }
  return given;
}

/** The module's memory: the last that it exports, else the one that it was given. */
export function memoryOf(exports: WebAssembly.Exports, imports: WebAssembly.Imports): WebAssembly.Memory | undefined {
  const given = Object.values(imports).flatMap((names) => Object.values(names));
  return [...given, ...Object.values(exports)].findLast((value) => value instanceof WebAssembly.Memory);
}
