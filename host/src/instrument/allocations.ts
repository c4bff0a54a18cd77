import type { WasmFunction, WasmModule } from "../wasm/module.ts";
import { addLocal, count, countUnlessZero, countWhenEqual, moveGlobal, moveLocal, setZero } from "./code.ts";
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
    const found = module.functions.find((fn) => pattern.test(fn.name ?? "") && takesI32(fn));
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

/** How a program takes blocks and gives them back; a pointer is the first parameter of what frees. Only the first that a module has counts. */
const HEAPS: readonly { readonly take: RegExp; readonly free: RegExp; readonly neverFrees: boolean }[] = [
  // AssemblyScript, with the SDK's heap first, whose __alloc calls __tryAlloc. What nothing calls is not compiled.
  { take: /(?:^|\/)__tryAlloc$/, free: /(?:^|\/)__free$/, neverFrees: true },
  { take: /(?:^|\/)__alloc$/, free: /(?:^|\/)__free$/, neverFrees: true },
  {
    take: /^__rust_alloc(_zeroed)?$|___rust_alloc(_zeroed)?$/,
    free: /^__rust_dealloc$|___rust_dealloc$/,
    neverFrees: false,
  },
  { take: /^(malloc|calloc|aligned_alloc)$/, free: /^free$/, neverFrees: false },
];
/** What may take a block besides, and is not counted as what it gives back for it is not either. */
const MOVES = /(?:^|_)realloc$|memalign$/;

/** The functions of a module's heap, by their index; undefined for one that is not known by its names. */
export interface Heap {
  readonly takes: ReadonlySet<number>;
  readonly moves: ReadonlySet<number>;
  readonly frees: ReadonlySet<number>;
}

export function heapOf(module: WasmModule): Heap | undefined {
  const named = (pattern: RegExp): ReadonlySet<number> =>
    new Set(module.functions.filter((fn) => pattern.test(fn.name ?? "") && takesI32(fn)).map(({ index }) => index));
  for (const { take, free, neverFrees } of HEAPS) {
    const takes = named(take);
    const frees = named(free);
    if (takes.size > 0 && (frees.size > 0 || neverFrees)) return { takes, moves: named(MOVES), frees };
  }
  return undefined;
}

/** Globals that a heap's functions write. */
export interface HeapGlobals {
  readonly taken: number;
  readonly freed: number;
  readonly freedTwice: number;
  /** Pointers that were freed since anything was allocated, the last one first; 0 = none. */
  readonly recent: readonly number[];
}

/** Counts a block that is taken; after that, any pointer may be a new block's. */
export function takeEdit(code: FunctionCode, { taken, recent }: HeapGlobals): Insertion {
  return { at: code.start, code: [...count(taken), ...recent.flatMap(setZero)] };
}

/** Of a function that may take a block. */
export function moveEdit(code: FunctionCode, { recent }: HeapGlobals): Insertion {
  return { at: code.start, code: recent.flatMap(setZero) };
}

/** Counts a block that is freed, and one that was freed before, with nothing allocated in between. */
export function freeEdit(code: FunctionCode, { freed, freedTwice, recent }: HeapGlobals): Insertion {
  const shifts = recent.flatMap((_, index) => {
    const to = recent[recent.length - 1 - index] ?? 0;
    const from = recent[recent.length - 2 - index];
    return from === undefined ? moveLocal(to, 0) : moveGlobal(to, from);
  });
  const seen = recent.flatMap((global) => countWhenEqual(freedTwice, global, 0));
  return { at: code.start, code: [...countUnlessZero(freed, 0), ...seen, ...shifts] };
}

function takesI32({ type }: WasmFunction): boolean {
  return type.params[0] === "i32";
}
