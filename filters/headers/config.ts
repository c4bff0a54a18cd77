import { TIME_FIELDS } from "../common/civil-time";
import { isRegex } from "../common/regex";
import {
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  HEADERS,
  NONE,
  OK,
  rangeFits,
  stringAt,
  stringLength,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tablesFit,
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
/** Its parts: the pattern, then what takes a match's place. */
export const REWRITE: u32 = 9;

/** Kinds of parts. */
export const TEXT: u32 = 0;
export const REQUEST_HEADER: u32 = 1;
export const RESPONSE_HEADER: u32 = 2;
export const PROPERTY: u32 = 3;
/** A header of the request, for a value of the response. */
export const REMEMBERED: u32 = 4;
/** In rewrites only: what a group of the pattern has captured, and the pattern itself. */
export const GROUP: u32 = 5;
export const PATTERN: u32 = 6;
/** Properties that are a number, or an address of which the port is left out. */
export const NUMBER: u32 = 7;
export const HOST: u32 = 8;
/** A field of the time at which the request came. */
export const TIME: u32 = 9;

const GROUPS_OF_PATTERN: u32 = 10;

const TABLES: i32 = 3;
const recordBytes = memory.data<u8>([<u8>GROUP_BYTES, <u8>OPERATION_BYTES, <u8>PART_BYTES]);

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, HEADERS, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (!tablesFit(program, length, STRINGS, recordBytes, TABLES)) return TABLE_OUTSIDE;
  if (!groupsRefer(program)) return BAD_REFERENCE;
  const parts = checkParts(program);
  return parts == OK ? checkOperations(program) : parts;
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
    if (kind < SET || kind > REWRITE) return BAD_VALUE;
    if (name >= strings) return BAD_REFERENCE;
    const operand = load<u32>(operation, 8);
    if (hasParts(kind)) {
      const count = load<u32>(operation, 12);
      if (!rangeFits(operand, count, tableCount(program, PARTS))) return BAD_REFERENCE;
      if (!partsHaveMeaning(program, operand, count, kind == REWRITE)) return BAD_VALUE;
    } else if (kind != REMOVE && operand >= strings) return BAD_REFERENCE;
    if (kind == RENAME && stringLength(program, STRINGS, operand) == 0) return BAD_VALUE;
    if (stringLength(program, STRINGS, name) == 0) return BAD_VALUE;
  }
  return OK;
}

function hasParts(kind: u32): bool {
  return (kind >= SET_TEMPLATE && kind <= DEFAULT) || kind == REWRITE;
}

/** A rewrite is a pattern and then texts and groups; no other value has these. Strings are known to be there. */
function partsHaveMeaning(program: usize, first: u32, count: u32, isRewrite: bool): bool {
  if (isRewrite && count == 0) return false;
  let part = tableAt(program, PARTS) + <usize>first * PART_BYTES;
  for (let i: u32 = 0; i < count; i++, part += PART_BYTES) {
    const kind = load<u32>(part);
    if (!isRewrite ? kind == GROUP || kind == PATTERN : i == 0 ? kind != PATTERN : kind != TEXT && kind != GROUP)
      return false;
    if (kind == PATTERN && !isRegexAt(program, load<u32>(part, 4))) return false;
  }
  return true;
}

function isRegexAt(program: usize, text: u32): bool {
  return isRegex(stringAt(program, STRINGS, text), stringLength(program, STRINGS, text));
}

function checkParts(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let part = tableAt(program, PARTS);
  for (let i: u32 = 0, count = tableCount(program, PARTS); i < count; i++, part += PART_BYTES) {
    const kind = load<u32>(part);
    if (kind > TIME) return BAD_VALUE;
    const limit = kind == GROUP ? GROUPS_OF_PATTERN : kind == TIME ? TIME_FIELDS : strings;
    if (load<u32>(part, 4) >= limit) return BAD_REFERENCE;
  }
  return OK;
}
