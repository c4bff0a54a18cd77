import { isRegex } from "../common/regex";
import {
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  FAULT,
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

const VERSION: u16 = 3;
const HEADER_BYTES: i32 = 64;
const MAX_DELAY_MS: u32 = 0x7fffffff;

/** Offsets in the program: references to its tables. */
export const STRINGS: i32 = 16;
export const RULES: i32 = 24;
export const CONDITIONS: i32 = 32;
export const STATUSES: i32 = 40;
export const POINTS: i32 = 48;
export const CODES: i32 = 56;

export const RULE_BYTES: u32 = 100;
export const CONDITION_BYTES: u32 = 12;
export const STATUS_BYTES: u32 = 12;
export const POINT_BYTES: u32 = 8;
export const CODE_BYTES: u32 = 8;

/** Offsets in a rule. */
export const NAME: i32 = 0;
export const FLAGS: i32 = 4;
export const FIRST_CONDITION: i32 = 8;
export const CONDITION_COUNT: i32 = 12;
export const EXPIRES: i32 = 16;
export const ATTEMPTS: i32 = 24;
export const OPT_OUT: i32 = 28;
export const SEED: i32 = 32;
export const DELAY_PER_MILLION: i32 = 36;
export const FIRST_POINT: i32 = 40;
export const POINT_COUNT: i32 = 44;
export const ABORT_PER_MILLION: i32 = 48;
export const FIRST_STATUS: i32 = 52;
export const STATUS_COUNT: i32 = 56;
export const BODY: i32 = 60;
export const CONTENT_TYPE: i32 = 64;
export const MAX_ACTIVE: i32 = 68;
export const MAX_PER_SECOND: i32 = 72;
export const DRIP_PER_MILLION: i32 = 76;
export const KIB_PER_SECOND: i32 = 80;
export const TRUNCATE_PER_MILLION: i32 = 84;
export const TRUNCATE_BYTES: i32 = 88;
export const FIRST_CODE: i32 = 92;
export const CODE_COUNT: i32 = 96;

export const RESPONSE_PHASE: u32 = 1;
export const BY_REQUEST_ID: u32 = 2;
export const MARK: u32 = 4;

/** In the place of an HTTP status. */
export const KEEP: u32 = 0;
export const RESET: u32 = 1;

export const EXACT: u32 = 1;
export const PREFIX: u32 = 2;
export const PRESENT: u32 = 3;
export const REGEX: u32 = 4;
export const NEGATED: u32 = 0x100;

export const MILLION: u32 = 1_000_000;

/** Fields of a rule that are alike: strings or none, ranges and the tables that they are of, shares of a million. */
const texts = memory.data<u8>([<u8>NAME, <u8>OPT_OUT, <u8>BODY, <u8>CONTENT_TYPE]);
const ranges = memory.data<u8>([<u8>FIRST_CONDITION, <u8>FIRST_POINT, <u8>FIRST_STATUS, <u8>FIRST_CODE]);
const rangeTables = memory.data<u8>([<u8>CONDITIONS, <u8>POINTS, <u8>STATUSES, <u8>CODES]);
const shares = memory.data<u8>([
  <u8>DELAY_PER_MILLION,
  <u8>ABORT_PER_MILLION,
  <u8>DRIP_PER_MILLION,
  <u8>TRUNCATE_PER_MILLION,
]);

const TABLES: i32 = 5;
const recordBytes = memory.data<u8>([
  <u8>RULE_BYTES,
  <u8>CONDITION_BYTES,
  <u8>STATUS_BYTES,
  <u8>POINT_BYTES,
  <u8>CODE_BYTES,
]);

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, FAULT, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (!tablesFit(program, length, STRINGS, recordBytes, TABLES)) return TABLE_OUTSIDE;
  const conditions = checkConditions(program);
  if (conditions != OK) return conditions;
  let rule = tableAt(program, RULES);
  for (let i: u32 = 0, count = tableCount(program, RULES); i < count; i++, rule += RULE_BYTES) {
    const ruleReason = checkRule(program, rule);
    if (ruleReason != OK) return ruleReason;
  }
  return OK;
}

function checkConditions(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let condition = tableAt(program, CONDITIONS);
  for (let i: u32 = 0, n = tableCount(program, CONDITIONS); i < n; i++, condition += CONDITION_BYTES) {
    const operator = load<u32>(condition, 4) & ~NEGATED;
    const value = load<u32>(condition, 8);
    if (operator < EXACT || operator > REGEX) return BAD_VALUE;
    if (load<u32>(condition) >= strings || value >= strings) return BAD_REFERENCE;
    if (operator == REGEX && !isRegex(stringAt(program, STRINGS, value), stringLength(program, STRINGS, value)))
      return BAD_VALUE;
  }
  return OK;
}

function checkRule(program: usize, rule: usize): i32 {
  const strings = tableCount(program, STRINGS);
  for (let i = 0; i < 4; i++) {
    const text = load<u32>(rule + load<u8>(texts + i));
    if (text != NONE && text >= strings) return BAD_REFERENCE;
    const range = rule + load<u8>(ranges + i);
    if (!rangeFits(load<u32>(range), load<u32>(range, 4), tableCount(program, load<u8>(rangeTables + i)))) {
      return BAD_REFERENCE;
    }
    if (load<u32>(rule + load<u8>(shares + i)) > MILLION) return BAD_VALUE;
  }
  if (load<u32>(rule, FLAGS) > (RESPONSE_PHASE | BY_REQUEST_ID | MARK)) return BAD_VALUE;
  return pointsGrow(program, rule) && statusesHaveMeaning(program, rule) ? OK : BAD_VALUE;
}

/** Shares strictly, delays at least weakly; the last share is all. */
function pointsGrow(program: usize, rule: usize): bool {
  const count = load<u32>(rule, POINT_COUNT);
  if (count == 0) return load<u32>(rule, DELAY_PER_MILLION) == 0;
  let point = tableAt(program, POINTS) + <usize>load<u32>(rule, FIRST_POINT) * POINT_BYTES;
  for (let i: u32 = 0; i < count; i++, point += POINT_BYTES) {
    if (load<u32>(point, 4) > MAX_DELAY_MS) return false;
    if (i == 0) continue;
    const before = point - POINT_BYTES;
    if (load<u32>(point) <= load<u32>(before) || load<u32>(point, 4) < load<u32>(before, 4)) return false;
  }
  return load<u32>(point - POINT_BYTES) == u32.MAX_VALUE;
}

/** Weights add up; each status can be sent, where it stands. */
function statusesHaveMeaning(program: usize, rule: usize): bool {
  const count = load<u32>(rule, STATUS_COUNT);
  if (count == 0) return load<u32>(rule, ABORT_PER_MILLION) == 0;
  const isResponse = (load<u32>(rule, FLAGS) & RESPONSE_PHASE) != 0;
  let status = tableAt(program, STATUSES) + <usize>load<u32>(rule, FIRST_STATUS) * STATUS_BYTES;
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++, status += STATUS_BYTES) {
    const http = load<u32>(status, 4);
    const grpc = load<u32>(status, 8);
    if (load<u32>(status) <= total) return false;
    total = load<u32>(status);
    if (http == KEEP ? !isResponse : http != RESET && (http < 200 || http > 599)) return false;
    if (grpc > 16 && grpc != NONE) return false;
  }
  return true;
}
