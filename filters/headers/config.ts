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

const VERSION: u16 = 2;
const HEADER_BYTES: i32 = 48;

/** Offsets in the program: references to its tables. */
export const STRINGS: i32 = 16;
export const GROUPS: i32 = 24;
export const OPERATIONS: i32 = 32;
export const PARTS: i32 = 40;

export const GROUP_BYTES: u32 = 20;
export const OPERATION_BYTES: u32 = 16;
export const PART_BYTES: u32 = 8;

export const SET: u32 = 1;
export const ADD: u32 = 2;
export const REMOVE: u32 = 3;
export const RENAME: u32 = 4;
/** These three make their value of parts. */
export const SET_TEMPLATE: u32 = 5;
export const ADD_TEMPLATE: u32 = 6;
export const DEFAULT: u32 = 7;
export const COOKIE: u32 = 8;

/** Kinds of parts. */
export const TEXT: u32 = 0;
export const REQUEST_HEADER: u32 = 1;
export const RESPONSE_HEADER: u32 = 2;
export const PROPERTY: u32 = 3;
/** A header of the request, for a value of the response. */
export const REMEMBERED: u32 = 4;

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, HEADERS, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, GROUPS, GROUP_BYTES) ||
    !tableFits(program, length, OPERATIONS, OPERATION_BYTES) ||
    !tableFits(program, length, PARTS, PART_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
  if (!groupsRefer(program)) return BAD_REFERENCE;
  const operations = checkOperations(program);
  return operations == OK ? checkParts(program) : operations;
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
    if (kind < SET || kind > COOKIE) return BAD_VALUE;
    if (name >= strings) return BAD_REFERENCE;
    const operand = load<u32>(operation, 8);
    if (isTemplate(kind)) {
      if (!rangeFits(operand, load<u32>(operation, 12), tableCount(program, PARTS))) return BAD_REFERENCE;
    } else if (kind != REMOVE && operand >= strings) return BAD_REFERENCE;
    if (kind == RENAME && stringLength(program, STRINGS, operand) == 0) return BAD_VALUE;
    if (stringLength(program, STRINGS, name) == 0) return BAD_VALUE;
  }
  return OK;
}

function isTemplate(kind: u32): bool {
  return kind == SET_TEMPLATE || kind == ADD_TEMPLATE || kind == DEFAULT;
}

function checkParts(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let part = tableAt(program, PARTS);
  for (let i: u32 = 0, count = tableCount(program, PARTS); i < count; i++, part += PART_BYTES) {
    if (load<u32>(part) > REMEMBERED) return BAD_VALUE;
    if (load<u32>(part, 4) >= strings) return BAD_REFERENCE;
  }
  return OK;
}
