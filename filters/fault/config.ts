import {
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  FAULT,
  NONE,
  OK,
  rangeFits,
  stringsFit,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
} from "../common/program";

const VERSION: u16 = 2;
const HEADER_BYTES: i32 = 56;
const MAX_DELAY_MS: u32 = 0x7fffffff;

/** Offsets in the program: references to its tables. */
export const STRINGS: i32 = 16;
export const RULES: i32 = 24;
export const CONDITIONS: i32 = 32;
export const STATUSES: i32 = 40;
export const POINTS: i32 = 48;

export const RULE_BYTES: u32 = 76;
export const CONDITION_BYTES: u32 = 12;
export const STATUS_BYTES: u32 = 12;
export const POINT_BYTES: u32 = 8;

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

export const RESPONSE_PHASE: u32 = 1;
export const BY_REQUEST_ID: u32 = 2;
export const MARK: u32 = 4;

/** In the place of an HTTP status. */
export const KEEP: u32 = 0;
export const RESET: u32 = 1;

export const EXACT: u32 = 1;
export const PREFIX: u32 = 2;
export const PRESENT: u32 = 3;
export const NEGATED: u32 = 0x100;

export const MILLION: u32 = 1_000_000;

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, FAULT, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, RULES, RULE_BYTES) ||
    !tableFits(program, length, CONDITIONS, CONDITION_BYTES) ||
    !tableFits(program, length, STATUSES, STATUS_BYTES) ||
    !tableFits(program, length, POINTS, POINT_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
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
    if (operator < EXACT || operator > PRESENT) return BAD_VALUE;
    if (load<u32>(condition) >= strings || load<u32>(condition, 8) >= strings) return BAD_REFERENCE;
  }
  return OK;
}

function checkRule(program: usize, rule: usize): i32 {
  const strings = tableCount(program, STRINGS);
  if (!isStringOrNone(load<u32>(rule, NAME), strings) || !isStringOrNone(load<u32>(rule, OPT_OUT), strings)) {
    return BAD_REFERENCE;
  }
  if (!isStringOrNone(load<u32>(rule, BODY), strings) || !isStringOrNone(load<u32>(rule, CONTENT_TYPE), strings)) {
    return BAD_REFERENCE;
  }
  if (
    !rangeFits(load<u32>(rule, FIRST_CONDITION), load<u32>(rule, CONDITION_COUNT), tableCount(program, CONDITIONS)) ||
    !rangeFits(load<u32>(rule, FIRST_POINT), load<u32>(rule, POINT_COUNT), tableCount(program, POINTS)) ||
    !rangeFits(load<u32>(rule, FIRST_STATUS), load<u32>(rule, STATUS_COUNT), tableCount(program, STATUSES))
  ) {
    return BAD_REFERENCE;
  }
  if (load<u32>(rule, FLAGS) > (RESPONSE_PHASE | BY_REQUEST_ID | MARK)) return BAD_VALUE;
  if (load<u32>(rule, DELAY_PER_MILLION) > MILLION || load<u32>(rule, ABORT_PER_MILLION) > MILLION) return BAD_VALUE;
  return pointsGrow(program, rule) && statusesHaveMeaning(program, rule) ? OK : BAD_VALUE;
}

function isStringOrNone(index: u32, strings: u32): bool {
  return index == NONE || index < strings;
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
