import { Malformed } from "../wasm/cursor.ts";
import type { WasmModule } from "../wasm/module.ts";
import type { SourceMap } from "../source-map/index.ts";
import { allocationEdit, allocatorOf } from "./allocations.ts";
import { count } from "./code.ts";
import { type CoveragePoint, coveragePoints } from "./coverage-points.ts";
import type { AddedGlobal, FunctionEdit, Insertion } from "./edits.ts";
import { fuelEdits } from "./fuel.ts";
import { functionCode } from "./function-code.ts";
import type { OffsetMap } from "./offset-map.ts";
import { globalCount, rewrite } from "./rewrite.ts";

/** What is built into a module. */
export interface InstrumentOptions {
  /** Instructions that it may run until its fuel is set anew; undefined for no limit. At most 2^31 - 1. */
  readonly fuel?: number | undefined;
  /** Pages that its memory may have. */
  readonly maxPages?: number | undefined;
  /** Counts allocations. */
  readonly allocations?: boolean | undefined;
  /** Counts lines of source. */
  readonly coverage?: { readonly map: SourceMap; readonly wanted: (file: string) => boolean } | undefined;
}

/** A module that does what it did before, and counts. */
export interface Instrumented {
  readonly ok: true;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: OffsetMap;
  /** Whose counts are exported as the globals `lineCounter(0)`, `lineCounter(1)`... */
  readonly points: readonly CoveragePoint[];
  /** The name of the function whose calls are counted. */
  readonly allocator: string | undefined;
}

/** Why a module stays as it is. */
export interface NotInstrumented {
  readonly ok: false;
  readonly reason: string;
}

/** Names of exported globals: what is left of the fuel, below zero once it ran out; allocations, and their bytes. */
export const FUEL = "sluice:fuel";
export const ALLOCATIONS = "sluice:allocations";
export const ALLOCATED_BYTES = "sluice:allocated_bytes";

/** The exported global that counts a coverage point. */
export function lineCounter(point: number): string {
  return `sluice:line:${point}`;
}

const MAX_POINTS = 100_000;

/** Builds meters into a module. A module with code that this reader does not know stays as it is, with the reason. */
export function instrument(module: WasmModule, options: InstrumentOptions): Instrumented | NotInstrumented {
  try {
    return build(module, options);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false, reason: `${error.message}, at 0x${error.offset.toString(16)}` };
  }
}

function build(module: WasmModule, options: InstrumentOptions): Instrumented | NotInstrumented {
  if (module.exports.length === 0) return { ok: false, reason: "the module exports nothing" };
  const codes = module.functions.map((fn) => functionCode(module.bytes, fn));
  const insertions = codes.map((): Insertion[] => []);
  const added: AddedGlobal[] = [];
  const first = globalCount(module);
  const addGlobal = (exportName: string, value = 0): number => first + added.push({ exportName, value }) - 1;

  let locals: number[] = [];
  if (options.fuel !== undefined) {
    const fuel = fuelEdits(module, codes, addGlobal(FUEL, options.fuel));
    for (const [order, edit] of fuel.entries()) insertions[order]?.push(...edit.insertions);
    locals = fuel.map((edit) => edit.locals);
  }
  const allocator = options.allocations === true ? allocatorOf(module) : undefined;
  const allocating = codes.findIndex(({ fn }) => fn.index === allocator);
  if (allocating >= 0) {
    const globals = { count: addGlobal(ALLOCATIONS), bytes: addGlobal(ALLOCATED_BYTES) };
    const code = codes[allocating];
    if (code !== undefined) insertions[allocating]?.push(allocationEdit(code, globals));
  }
  const points = pointsOf(module, codes, options.coverage);
  if (points.length > MAX_POINTS) return { ok: false, reason: `${points.length} lines are more than can be counted` };
  for (const [index, { at, order }] of points.entries()) {
    insertions[order]?.push({ at, code: count(addGlobal(lineCounter(index))) });
  }
  const edits = codes.map((code, order): FunctionEdit => ({
    code,
    locals: locals[order] ?? 0,
    insertions: insertions[order] ?? [],
  }));
  const { bytes, offsets } = rewrite(module, edits, added, options.maxPages);
  return { ok: true, bytes, offsets, points, allocator: codes[allocating]?.fn.name };
}

function pointsOf(
  module: WasmModule,
  codes: readonly ReturnType<typeof functionCode>[],
  coverage: InstrumentOptions["coverage"],
): CoveragePoint[] {
  if (coverage === undefined) return [];
  return codes.flatMap((code, order) => coveragePoints(module.bytes, code, order, coverage.map, coverage.wanted));
}
