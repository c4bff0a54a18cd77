import {
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  HEADERS,
  NONE,
  OK,
  rangeFits,
  stringLength,
  stringsFit,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
} from "../common/program";

const VERSION: u16 = 1;
const HEADER_BYTES: i32 = 40;

/** Offsets in the program: references to its tables. */
export const STRINGS: i32 = 16;
export const GROUPS: i32 = 24;
export const OPERATIONS: i32 = 32;

export const GROUP_BYTES: u32 = 20;
export const OPERATION_BYTES: u32 = 12;

export const SET: u32 = 1;
export const ADD: u32 = 2;
export const REMOVE: u32 = 3;

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, HEADERS, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, GROUPS, GROUP_BYTES) ||
    !tableFits(program, length, OPERATIONS, OPERATION_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
  return groupsRefer(program) ? checkOperations(program) : BAD_REFERENCE;
}

function groupsRefer(program: usize): bool {
  const strings = tableCount(program, STRINGS);
  const operations = tableCount(program, OPERATIONS);
  let group = tableAt(program, GROUPS);
  for (let i: u32 = 0, count = tableCount(program, GROUPS); i < count; i++, group += GROUP_BYTES) {
    const cluster = load<u32>(group);
    if (cluster != NONE && cluster >= strings) return false;
    if (!rangeFits(load<u32>(group, 4), load<u32>(group, 8), operations)) return false;
    if (!rangeFits(load<u32>(group, 12), load<u32>(group, 16), operations)) return false;
  }
  return true;
}

function checkOperations(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let operation = tableAt(program, OPERATIONS);
  for (let i: u32 = 0, count = tableCount(program, OPERATIONS); i < count; i++, operation += OPERATION_BYTES) {
    const kind = load<u32>(operation);
    const name = load<u32>(operation, 4);
    if (kind < SET || kind > REMOVE) return BAD_VALUE;
    if (name >= strings || (kind != REMOVE && load<u32>(operation, 8) >= strings)) return BAD_REFERENCE;
    if (stringLength(program, STRINGS, name) == 0) return BAD_VALUE;
  }
  return OK;
}
