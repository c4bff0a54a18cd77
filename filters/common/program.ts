import { hashBytes } from "./bytes";

/** What every policy program begins with; the layout is in docs/policy-program.md. */
const MAGIC: u32 = 0x50504c53;
const CHECKED_FROM: i32 = 16;

/** A reference that refers to nothing. */
export const NONE: u32 = 0xffffffff;

export const AUTHORIZATION: u16 = 1;
export const FAULT: u16 = 2;
export const HEADERS: u16 = 3;
export const TELEMETRY: u16 = 4;
/** Not a policy: the programs of several. */
export const BUNDLE: u16 = 5;

/** Why a program is refused; `reasonText` says it in words. */
export const OK: i32 = 0;
export const TOO_SHORT: i32 = 1;
export const NOT_A_PROGRAM: i32 = 2;
export const OTHER_POLICY: i32 = 3;
export const OTHER_VERSION: i32 = 4;
export const WRONG_LENGTH: i32 = 5;
export const DAMAGED: i32 = 6;
export const TABLE_OUTSIDE: i32 = 7;
export const BAD_REFERENCE: i32 = 8;
export const BAD_VALUE: i32 = 9;

/** Checks the common header, and that `minimum` bytes of the policy's own header are there. */
export function checkHeader(at: usize, length: i32, policy: u16, version: u16, minimum: i32): i32 {
  if (length < CHECKED_FROM) return TOO_SHORT;
  if (load<u32>(at) != MAGIC) return NOT_A_PROGRAM;
  if (load<u16>(at, 4) != policy) return OTHER_POLICY;
  if (load<u16>(at, 6) != version) return OTHER_VERSION;
  if (load<u32>(at, 8) != <u32>length) return WRONG_LENGTH;
  if (load<u32>(at, 12) != hashBytes(at + CHECKED_FROM, length - CHECKED_FROM)) return DAMAGED;
  return length < minimum ? TOO_SHORT : OK;
}

/** A table is named by two words: where it begins, counted from the program's first byte, and how many records it has. */
export function tableAt(program: usize, reference: i32): usize {
  return program + <usize>load<u32>(program + reference);
}

export function tableCount(program: usize, reference: i32): u32 {
  return load<u32>(program + reference, 4);
}

/** Whether all records of a table lie inside the program. */
export function tableFits(program: usize, length: i32, reference: i32, recordBytes: u32): bool {
  const offset = <u64>load<u32>(program + reference);
  const bytes = <u64>tableCount(program, reference) * recordBytes;
  return offset + bytes <= <u64>length;
}

/** Whether the string table and every string in it lie inside the program. */
export function stringsFit(program: usize, length: i32, reference: i32): bool {
  if (!tableFits(program, length, reference, 8)) return false;
  const table = tableAt(program, reference);
  for (let i: u32 = 0, count = tableCount(program, reference); i < count; i++) {
    const record = table + <usize>i * 8;
    if (<u64>load<u32>(record) + <u64>load<u32>(record, 4) > <u64>length) return false;
  }
  return true;
}

/**
 * Whether the string table at `reference` and the tables that follow it lie inside the program; `recordBytes` are the
 * sizes of their records, a byte each.
 */
export function tablesFit(program: usize, length: i32, reference: i32, recordBytes: usize, count: i32): bool {
  if (!stringsFit(program, length, reference)) return false;
  for (let i = 0; i < count; i++) {
    if (!tableFits(program, length, reference + 8 + i * 8, load<u8>(recordBytes + i))) return false;
  }
  return true;
}

/** Whether `count` records from `first` on are within a table of `size` records. */
export function rangeFits(first: u32, count: u32, size: u32): bool {
  return <u64>first + <u64>count <= <u64>size;
}

export function stringAt(program: usize, reference: i32, index: u32): usize {
  return program + <usize>load<u32>(tableAt(program, reference) + <usize>index * 8);
}

export function stringLength(program: usize, reference: i32, index: u32): i32 {
  return load<i32>(tableAt(program, reference) + <usize>index * 8, 4);
}
