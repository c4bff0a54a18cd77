import type { Cursor } from "./cursor.ts";
import type { ExternKind, MemoryLimits, ValueType } from "./module.ts";

const VALUE_TYPES: Readonly<Record<number, ValueType>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};
const EXTERN_KINDS: readonly ExternKind[] = ["function", "table", "memory", "global", "tag"];
const HAS_MAX = 1;
const SHARED = 2;
const IS_64 = 4;

export function readValueType(cursor: Cursor): ValueType {
  const from = cursor.at;
  const code = cursor.byte();
  return VALUE_TYPES[code] ?? cursor.fail(`0x${code.toString(16)} is no value type that a proxy knows`, from);
}

export function readValueTypes(cursor: Cursor): ValueType[] {
  return Array.from({ length: cursor.count() }, () => readValueType(cursor));
}

export function readExternKind(cursor: Cursor): ExternKind {
  const from = cursor.at;
  const code = cursor.byte();
  return EXTERN_KINDS[code] ?? cursor.fail(`0x${code.toString(16)} is no kind of import or export`, from);
}

/** Of a memory or a table. */
export function readLimits(cursor: Cursor): MemoryLimits {
  const from = cursor.at;
  const flags = cursor.byte();
  if ((flags & IS_64) !== 0) cursor.fail("a memory of 64-bit addresses, which no proxy knows", from);
  if (flags > (HAS_MAX | SHARED)) cursor.fail(`0x${flags.toString(16)} are no limits`, from);
  const min = cursor.u32();
  return { min, max: (flags & HAS_MAX) === 0 ? undefined : cursor.u32(), shared: (flags & SHARED) !== 0 };
}

export function readMutability(cursor: Cursor): boolean {
  const from = cursor.at;
  const code = cursor.byte();
  return code <= 1 ? code === 1 : cursor.fail(`0x${code.toString(16)} is neither const nor var`, from);
}
