import { indexOfByte, sameBytes } from "../common/bytes";
import { prepare, search } from "../common/regex";
import { NONE, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import {
  ABORT_PER_MILLION,
  BY_REQUEST_ID,
  CODE_BYTES,
  CODE_COUNT,
  CODES,
  CONDITION_BYTES,
  CONDITIONS,
  DELAY_PER_MILLION,
  DRIP_PER_MILLION,
  EXACT,
  EXPIRES,
  FIRST_CODE,
  FIRST_CONDITION,
  FIRST_POINT,
  FIRST_STATUS,
  FLAGS,
  KIB_PER_SECOND,
  MILLION,
  POINT_BYTES,
  POINT_COUNT,
  POINTS,
  PRESENT,
  REGEX,
  RULE_BYTES,
  RULES,
  SEED,
  STATUS_BYTES,
  STATUS_COUNT,
  STATUSES,
  STRINGS,
  TRUNCATE_BYTES,
  TRUNCATE_PER_MILLION,
} from "./config";

/** What programs are asked that have passed `check`. Rules and conditions are named by their addresses. */

/** Each decision takes a number of its own from a request's one random number. */
const DELAYS: u64 = 1;
const HOW_LONG: u64 = 2;
const ABORTS: u64 = 3;
const WHICH_STATUS: u64 = 4;
const DRIPS: u64 = 5;
const ENDS_EARLY: u64 = 6;

const QUESTION_MARK: u8 = 63;
const COLON_P: u16 = 0x703a;

export function ruleCount(program: usize): u32 {
  return tableCount(program, RULES);
}

export function ruleAt(program: usize, index: u32): usize {
  return tableAt(program, RULES) + <usize>index * RULE_BYTES;
}

/** Milliseconds since 1970; 0 for a rule without an end. */
export function expiryOf(rule: usize): u64 {
  return load<u64>(rule, EXPIRES);
}

export function conditionAt(program: usize, rule: usize, index: u32): usize {
  return tableAt(program, CONDITIONS) + <usize>(load<u32>(rule, FIRST_CONDITION) + index) * CONDITION_BYTES;
}

/** Whether a value of the condition's header is what it asks for; a path counts without its query. */
export function satisfies(program: usize, condition: usize, value: usize, length: i32): bool {
  const operator = load<u32>(condition, 4) & 0xff;
  if (operator == PRESENT) return true;
  const wanted = load<u32>(condition, 8);
  const size = stringLength(program, STRINGS, wanted);
  const compared = isPath(program, load<u32>(condition)) ? indexOfByte(value, length, QUESTION_MARK) : length;
  if (operator == REGEX) {
    prepare(stringAt(program, STRINGS, wanted), value, compared);
    return search(0);
  }
  if (operator == EXACT ? compared != size : compared < size) return false;
  return sameBytes(value, stringAt(program, STRINGS, wanted), size);
}

function isPath(program: usize, name: u32): bool {
  return stringLength(program, STRINGS, name) == 5 && load<u16>(stringAt(program, STRINGS, name)) == COLON_P;
}

/** The random number of a request whose id decides: the same for the same id and seed. */
export function randomOfId(rule: usize, id: usize, length: i32): u64 {
  let hash: u64 = 0xcbf29ce484222325 ^ <u64>load<u32>(rule, SEED);
  for (let i = 0; i < length; i++) hash = (hash ^ load<u8>(id + i)) * 0x100000001b3;
  return mixed(hash);
}

export function isById(rule: usize): bool {
  return (load<u32>(rule, FLAGS) & BY_REQUEST_ID) != 0;
}

/** Milliseconds to wait, 0 for none. */
export function delayMs(program: usize, rule: usize, random: u64): u32 {
  if (!isSampled(random, DELAYS, load<u32>(rule, DELAY_PER_MILLION))) return 0;
  const points = tableAt(program, POINTS) + <usize>load<u32>(rule, FIRST_POINT) * POINT_BYTES;
  return quantile(points, load<u32>(rule, POINT_COUNT), <u32>(draw(random, HOW_LONG) >> 32));
}

/** The record of the status with which the request ends, or 0. It is sampled independently of the delay. */
export function abortOf(program: usize, rule: usize, random: u64): usize {
  if (!isSampled(random, ABORTS, load<u32>(rule, ABORT_PER_MILLION))) return 0;
  const statuses = tableAt(program, STATUSES) + <usize>load<u32>(rule, FIRST_STATUS) * STATUS_BYTES;
  const last = statuses + <usize>(load<u32>(rule, STATUS_COUNT) - 1) * STATUS_BYTES;
  const drawn = <u32>(draw(random, WHICH_STATUS) % load<u32>(last));
  let status = statuses;
  while (load<u32>(status) <= drawn) status += STATUS_BYTES;
  return status;
}

/** KiB that the response may have a second, 0 for no limit. */
export function kibPerSecondOf(rule: usize, random: u64): u32 {
  return isSampled(random, DRIPS, load<u32>(rule, DRIP_PER_MILLION)) ? load<u32>(rule, KIB_PER_SECOND) : 0;
}

/** Bytes after which the response's body ends, -1 for all. */
export function bytesOf(rule: usize, random: u64): i32 {
  return isSampled(random, ENDS_EARLY, load<u32>(rule, TRUNCATE_PER_MILLION)) ? load<i32>(rule, TRUNCATE_BYTES) : -1;
}

/** Whether some rule of the program slows responses down. */
export function drips(program: usize): bool {
  for (let i: u32 = 0, count = ruleCount(program); i < count; i++) {
    if (load<u32>(ruleAt(program, i), DRIP_PER_MILLION) != 0) return true;
  }
  return false;
}

/** Whether the rule asks for the response's status. */
export function asksStatus(rule: usize): bool {
  return load<u32>(rule, CODE_COUNT) != 0;
}

/** Whether a response's status is among those that the rule asks for. */
export function disturbsStatus(program: usize, rule: usize, status: u32): bool {
  let range = tableAt(program, CODES) + <usize>load<u32>(rule, FIRST_CODE) * CODE_BYTES;
  for (let i: u32 = 0, count = load<u32>(rule, CODE_COUNT); i < count; i++, range += CODE_BYTES) {
    if (status >= load<u32>(range) && status <= load<u32>(range, 4)) return true;
  }
  return false;
}

/** HTTP status, KEEP or RESET. */
export function httpStatusOf(status: usize): u32 {
  return load<u32>(status, 4);
}

/** gRPC status, -1 where the user named none. */
export function grpcStatusOf(status: usize): i32 {
  return load<i32>(status, 8);
}

/** Where on the line between its two points a share of all delays is. */
function quantile(points: usize, count: u32, share: u32): u32 {
  let low: u32 = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(points + <usize>middle * POINT_BYTES) < share) low = middle + 1;
    else high = middle;
  }
  const right = points + <usize>low * POINT_BYTES;
  const end = load<u32>(right, 4);
  if (low == 0) return end;
  const left = right - POINT_BYTES;
  const from = load<u32>(left);
  const begin = load<u32>(left, 4);
  return begin + <u32>((<u64>(end - begin) * (share - from)) / (load<u32>(right) - from));
}

function isSampled(random: u64, decision: u64, perMillion: u32): bool {
  return draw(random, decision) % MILLION < perMillion;
}

/** One of several independent numbers, all of one seed (SplitMix64). */
function draw(random: u64, index: u64): u64 {
  return mixed(random + index * 0x9e3779b97f4a7c15);
}

function mixed(value: u64): u64 {
  let bits = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

/** Whether a rule has a name: one of a FaultInjection, not the VirtualService's own. */
export function isNamed(rule: usize): bool {
  return load<u32>(rule) != NONE;
}
