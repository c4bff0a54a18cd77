import { createHash } from "node:crypto";
import { abiVersion } from "@sluice/host/check";
import { readModule } from "@sluice/host/wasm";
import type { WasmModule } from "@sluice/host/wasm";
import { groupByCapability } from "./capabilities.ts";

/** What a module is and does, as read from its bytes; the document of `sluice inspect -o json`. */
export interface ModuleDescription {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** The proxy-wasm ABI that it names, if Envoy speaks it. */
  readonly abi: string | null;
  /** What made it, as far as the module or the build's notes tell. */
  readonly madeBy: readonly string[];
  /** Pages of 64 KiB; null: no memory, or no limit. */
  readonly memory: { readonly initialPages: number; readonly maxPages: number | null } | null;
  readonly startSection: boolean;
  /** Imports by what they are for. */
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  readonly sections: readonly { readonly name: string; readonly size: number }[];
  /** Largest first. `size` is that of the body. */
  readonly functions: readonly { readonly index: number; readonly name: string | null; readonly size: number }[];
  /** Where the source map is: the address in the module, or the file beside it. */
  readonly sourceMap: string | null;
}

/** What is known of a module beside its bytes. */
export interface Beside {
  readonly functionNames?: ReadonlyMap<number, string>;
  readonly madeBy?: readonly string[];
  readonly sourceMap?: string;
}

/** @returns the description, or what is wrong with the bytes */
export function describeModule(bytes: Uint8Array, beside: Beside = {}): ModuleDescription | string {
  const module = readModule(bytes);
  if (!module.ok) return module.error;
  const imports = module.imports.map(({ module: from, name }) => `${from}.${name}`);
  return {
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    abi: abiVersion(module) ?? null,
    madeBy: [...producersOf(module), ...(beside.madeBy ?? [])],
    memory: memoryOf(module),
    startSection: module.start !== undefined,
    capabilities: groupByCapability(imports),
    exports: module.exports.map(({ name, kind }) => ({ name, kind })),
    sections: module.sections.map(({ name, size }) => ({ name, size })),
    functions: functionsOf(module, beside.functionNames ?? new Map()),
    sourceMap: module.sourceMappingUrl ?? beside.sourceMap ?? null,
  };
}

/** `rustc 1.90.0`; what wrote the source comes first. */
function producersOf({ producers }: WasmModule): string[] {
  return producers
    .toSorted((one, other) => Number(other.field === "language") - Number(one.field === "language"))
    .map(({ name, version }) => `${name} ${version}`.trim());
}

function memoryOf({ memories }: WasmModule): ModuleDescription["memory"] {
  const [memory] = memories;
  return memory === undefined ? null : { initialPages: memory.min, maxPages: memory.max ?? null };
}

/** A function without a name is called as it is exported, if it is. */
function functionsOf(module: WasmModule, names: ReadonlyMap<number, string>): ModuleDescription["functions"] {
  const exported = new Map(
    module.exports.filter(({ kind }) => kind === "function").map(({ index, name }) => [index, name]),
  );
  return module.functions
    .map(({ index, name, bodySize }) => ({
      index,
      name: name ?? names.get(index) ?? exported.get(index) ?? null,
      size: bodySize,
    }))
    .toSorted((one, other) => other.size - one.size || one.index - other.index);
}
