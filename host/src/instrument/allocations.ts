import type { WasmModule } from "../wasm/module.ts";
import { addLocal, count } from "./code.ts";
import type { Insertion } from "./edits.ts";
import type { FunctionCode } from "./function-code.ts";

/**
 * Functions through which a program allocates, by their name in the name section, most telling first: only the first that a
 * module has is counted, since they call one another. The size is the first parameter of each.
 */
const ALLOCATORS: readonly RegExp[] = [
  // AssemblyScript: every object, string and buffer.
  /^~lib\/.*\/__new$/,
  /^~lib\/.*\/__alloc$/,
  // Rust, TinyGo, C.
  /^__rust_alloc$|__rustc.*___rust_alloc$/,
  /^runtime\.alloc$/,
  /^(dl)?malloc$/,
];

/** The function that is counted; undefined for a module without names, or with an allocator that is not known. */
export function allocatorOf(module: WasmModule): number | undefined {
  for (const pattern of ALLOCATORS) {
    const found = module.functions.find(
      ({ name, type }) => name !== undefined && pattern.test(name) && type.params[0] === "i32",
    );
    if (found !== undefined) return found.index;
  }
  return undefined;
}

/** Counts a function's calls, and the sum of its first parameter. */
export function allocationEdit(
  code: FunctionCode,
  globals: { readonly count: number; readonly bytes: number },
): Insertion {
  return { at: code.start, code: [...count(globals.count), ...addLocal(globals.bytes, 0)] };
}
