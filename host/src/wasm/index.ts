/**
 * `@sluice/host/wasm`: reads the WebAssembly binary format without running it. For everything that looks into a module:
 * which ABI it speaks, what it imports, what makes it large.
 * @example
 * const module = readModule(await readFile("filter.wasm"));
 * if (!module.ok) throw new Error(module.error);
 * const bySize = module.functions.toSorted((a, b) => b.bodySize - a.bodySize);
 */
export { readModule } from "./read-module.ts";
export type {
  ExternKind,
  FunctionType,
  MemoryLimits,
  Producer,
  ValueType,
  WasmError,
  WasmExport,
  WasmFunction,
  WasmGlobal,
  WasmImport,
  WasmModule,
  WasmSection,
} from "./module.ts";
