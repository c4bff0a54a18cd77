import type { Cursor } from "./cursor.ts";

/** One instruction's place and opcode. */
export interface Instruction {
  /** Of the opcode's first byte. */
  readonly offset: number;
  /** Behind a prefix it is `prefix << 16 | number`. */
  readonly opcode: number;
  /** The first immediate where it is an index: of a call, a local, a global; else 0. */
  readonly index: number;
}

/** Opcodes that callers ask for by name. */
export const Op = {
  Block: 0x02,
  Loop: 0x03,
  If: 0x04,
  Else: 0x05,
  End: 0x0b,
  Call: 0x10,
  CallIndirect: 0x11,
  ReturnCall: 0x12,
  ReturnCallIndirect: 0x13,
  CallRef: 0x14,
  ReturnCallRef: 0x15,
  MemoryGrow: 0x40,
  MemoryInit: 0xfc0008,
  MemoryCopy: 0xfc000a,
  MemoryFill: 0xfc000b,
} as const;

/** What follows an opcode. */
type Immediates = "none" | "index" | "two" | "block" | "table" | "memarg" | "i32" | "i64" | "f32" | "f64" | "types";

const MISC = 0xfc;
const SIMD = 0xfd;
const THREADS = 0xfe;

/** Reads the instruction that the cursor is at. Throws `Malformed` for an opcode that is not known. */
export function readInstruction(cursor: Cursor): Instruction {
  const offset = cursor.at;
  const first = cursor.byte();
  if (first === MISC || first === SIMD || first === THREADS) return readPrefixed(cursor, offset, first);
  const kind = immediatesOf(first);
  if (kind === undefined) return cursor.fail(`opcode 0x${first.toString(16)} is not known`, offset);
  return { offset, opcode: first, index: READERS[kind](cursor) };
}

/** Passes a constant expression, and its end. */
export function skipExpression(cursor: Cursor): void {
  for (let depth = 1; depth > 0;) {
    const { opcode } = readInstruction(cursor);
    if (opcode === Op.End) depth -= 1;
    else if (opcode === Op.Block || opcode === Op.Loop || opcode === Op.If) depth += 1;
  }
}

const NAMED: Readonly<Record<number, Immediates>> = {
  0x00: "none",
  0x01: "none",
  0x02: "block",
  0x03: "block",
  0x04: "block",
  0x05: "none",
  0x0b: "none",
  0x0c: "index",
  0x0d: "index",
  0x0e: "table",
  0x0f: "none",
  0x10: "index",
  0x11: "two",
  0x12: "index",
  0x13: "two",
  0x1a: "none",
  0x1b: "none",
  0x1c: "types",
  0x20: "index",
  0x21: "index",
  0x22: "index",
  0x23: "index",
  0x24: "index",
  0x25: "index",
  0x26: "index",
  0x3f: "index",
  0x40: "index",
  0x41: "i32",
  0x42: "i64",
  0x43: "f32",
  0x44: "f64",
  0xd0: "i32",
  0xd1: "none",
  0xd2: "index",
};

/** What follows an opcode without a prefix; undefined for one that is not known. */
function immediatesOf(opcode: number): Immediates | undefined {
  if (opcode >= 0x28 && opcode <= 0x3e) return "memarg";
  // Comparisons, arithmetic, conversions and sign extensions.
  if (opcode >= 0x45 && opcode <= 0xc4) return "none";
  return NAMED[opcode];
}

function passed(pass: (cursor: Cursor) => void): (cursor: Cursor) => number {
  return (cursor) => {
    pass(cursor);
    return 0;
  };
}

/** By kind how the immediates are read; the answer is the index, if it is one. */
const READERS: Readonly<Record<Immediates, (cursor: Cursor) => number>> = {
  none: () => 0,
  index: (cursor) => cursor.u32(),
  two: (cursor) => {
    const index = cursor.u32();
    cursor.u32();
    return index;
  },
  // A value type, nothing, or a type's index as a signed number of 33 bits: all are one LEB128.
  block: passed((cursor) => cursor.skipLeb(5)),
  i32: passed((cursor) => cursor.skipLeb(5)),
  i64: passed((cursor) => cursor.skipLeb(10)),
  f32: passed((cursor) => cursor.skip(4)),
  f64: passed((cursor) => cursor.skip(8)),
  memarg: passed(skipMemarg),
  table: passed((cursor) => {
    // One label more than the count says: the default.
    for (let left = cursor.count(); left >= 0; left--) cursor.u32();
  }),
  types: passed((cursor) => {
    for (let left = cursor.count(); left > 0; left--) cursor.byte();
  }),
};

/** An alignment and an offset. An alignment of 64 and more announces a memory's index, of which a proxy has one. */
function skipMemarg(cursor: Cursor): void {
  const from = cursor.at;
  if (cursor.u32() >= 64) cursor.fail("more than one memory, which no proxy knows", from);
  cursor.u32();
}

function readPrefixed(cursor: Cursor, offset: number, prefix: number): Instruction {
  const number = cursor.u32();
  const instruction = { offset, opcode: prefix * 0x10000 + number, index: 0 };
  if (prefix === MISC && skipMisc(cursor, number)) return instruction;
  if (prefix === SIMD && skipSimd(cursor, number)) return instruction;
  return cursor.fail(`opcode 0x${prefix.toString(16)} ${number} is not known`, offset);
}

/** Saturating truncations (0 to 7), bulk memory and tables (8 to 17). False for one that is not known. */
function skipMisc(cursor: Cursor, number: number): boolean {
  const indices = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][number];
  for (let left = indices ?? 0; left > 0; left--) cursor.u32();
  return indices !== undefined;
}

const LAST_SIMD = 275;

/** 128-bit loads and stores, lanes, constants, and arithmetic without immediates. */
function skipSimd(cursor: Cursor, number: number): boolean {
  if (number <= 11 || (number >= 84 && number <= 93)) skipMemarg(cursor);
  if (number === 12 || number === 13) cursor.skip(16);
  if ((number >= 21 && number <= 34) || (number >= 84 && number <= 91)) cursor.skip(1);
  return number <= LAST_SIMD;
}
