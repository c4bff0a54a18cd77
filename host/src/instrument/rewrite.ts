import { Cursor } from "../wasm/cursor.ts";
import type { WasmModule, WasmSection } from "../wasm/module.ts";
import { readLimits } from "../wasm/values.ts";
import { ByteSink, i32, u32, utf8Name } from "./byte-sink.ts";
import type { AddedGlobal, FunctionEdit } from "./edits.ts";
import { OffsetMap } from "./offset-map.ts";

const SECTION = { memory: 5, global: 6, export: 7, code: 10 } as const;
const GLOBAL_KIND = 3;
const I32 = 0x7f;
/** Sections that come before the globals, which have no number of their own in the order. */
const BEFORE_GLOBALS: readonly number[] = [0, 1, 2, 3, 4, 5, 13];

export interface Rewritten {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsets: OffsetMap;
}

/** How many globals there are, imported ones included: the index of the first that is added. */
export function globalCount(module: WasmModule): number {
  return module.imports.filter(({ kind }) => kind === "global").length + module.globals.length;
}

/**
 * A module with additions: code between instructions, locals and globals behind all others, so that no index moves and
 * every name, table and custom section stays true.
 * @param maxPages the most its own memory may grow to; undefined leaves it as it is
 */
export function rewrite(
  module: WasmModule,
  edits: readonly FunctionEdit[],
  added: readonly AddedGlobal[],
  maxPages: number | undefined,
): Rewritten {
  const sink = new ByteSink(module.bytes.length * 2);
  sink.append(module.bytes.subarray(0, 8));
  const offsets = new OffsetMap();
  let globalsDone = added.length === 0;
  for (const section of module.sections) {
    if (!globalsDone && section.id !== SECTION.global && !BEFORE_GLOBALS.includes(section.id)) {
      writeSection(sink, SECTION.global, withGlobals(module, undefined, added));
      globalsDone = true;
    }
    if (section.id === SECTION.global) globalsDone = true;
    if (section.id === SECTION.code) writeCode(sink, module, edits, offsets);
    else writeOther(sink, module, section, added, maxPages);
  }
  return { bytes: sink.bytes(), offsets };
}

function writeOther(
  sink: ByteSink,
  module: WasmModule,
  section: WasmSection,
  added: readonly AddedGlobal[],
  maxPages: number | undefined,
): void {
  if (section.id === SECTION.global) writeSection(sink, section.id, withGlobals(module, section, added));
  else if (section.id === SECTION.export) writeSection(sink, section.id, withExports(module, section, added));
  else if (section.id === SECTION.memory && maxPages !== undefined) {
    writeSection(sink, section.id, withLimit(module, section, maxPages));
  } else sink.append(module.bytes.subarray(section.start, section.end));
}

function writeSection(sink: ByteSink, id: number, contents: Uint8Array): void {
  sink.append([id, ...u32(contents.length)]);
  sink.append(contents);
}

/** A section's entries with others behind them. */
function withEntries(module: WasmModule, section: WasmSection | undefined, entries: readonly number[][]): Uint8Array {
  const sink = new ByteSink();
  const cursor = new Cursor(module.bytes, section?.offset ?? 0, section?.end ?? 0);
  const count = section === undefined ? 0 : cursor.u32();
  sink.append(u32(count + entries.length));
  sink.append(module.bytes.subarray(cursor.at, cursor.end));
  for (const entry of entries) sink.append(entry);
  return sink.bytes();
}

function withGlobals(module: WasmModule, section: WasmSection | undefined, added: readonly AddedGlobal[]): Uint8Array {
  const mutable = 1;
  return withEntries(
    module,
    section,
    added.map(({ value }) => [I32, mutable, 0x41, ...i32(value), 0x0b]),
  );
}

function withExports(module: WasmModule, section: WasmSection, added: readonly AddedGlobal[]): Uint8Array {
  const first = globalCount(module);
  return withEntries(
    module,
    section,
    added.map(({ exportName }, order) => [...utf8Name(exportName), GLOBAL_KIND, ...u32(first + order)]),
  );
}

/** The memories with a maximum that is no higher than the limit. */
function withLimit(module: WasmModule, section: WasmSection, maxPages: number): Uint8Array {
  const cursor = new Cursor(module.bytes, section.offset, section.end);
  const sink = new ByteSink(16);
  const memories = cursor.u32();
  sink.append(u32(memories));
  for (let left = memories; left > 0; left--) {
    const { min, max, shared } = readLimits(cursor);
    const limit = Math.max(min, Math.min(max ?? maxPages, maxPages));
    sink.append([shared ? 3 : 1, ...u32(min), ...u32(limit)]);
  }
  return sink.bytes();
}

function writeCode(sink: ByteSink, module: WasmModule, edits: readonly FunctionEdit[], offsets: OffsetMap): void {
  const bodies = new ByteSink(module.bytes.length * 2);
  const runs: [fresh: number, original: number][] = [];
  bodies.append(u32(edits.length));
  for (const edit of edits) {
    const { body, copied } = editedBody(module.bytes, edit);
    bodies.append(u32(body.length));
    for (const [fresh, original] of copied) runs.push([bodies.length + fresh, original]);
    bodies.append(body);
  }
  const contents = bodies.bytes();
  sink.append([SECTION.code, ...u32(contents.length)]);
  for (const [fresh, original] of runs) offsets.add(sink.length + fresh, original);
  sink.append(contents);
}

/** A function's new body, and where in it each run of its old bytes has gone. */
function editedBody(bytes: Uint8Array, edit: FunctionEdit): { body: Uint8Array; copied: [number, number][] } {
  const { code, locals, insertions } = edit;
  const sink = new ByteSink(code.fn.bodySize + insertions.length * 16 + 16);
  const copied: [number, number][] = [];
  sink.append(u32(code.localGroups + (locals > 0 ? 1 : 0)));
  sink.append(bytes.subarray(code.groupsOffset, code.start));
  if (locals > 0) sink.append([...u32(locals), I32]);
  let from = code.start;
  const copyTo = (to: number): void => {
    copied.push([sink.length, from]);
    sink.append(bytes.subarray(from, to));
    from = to;
  };
  for (const { at, code: inserted } of insertions.toSorted((one, other) => one.at - other.at)) {
    if (at > from) copyTo(at);
    sink.append(inserted);
  }
  copyTo(code.end);
  return { body: sink.bytes(), copied };
}
