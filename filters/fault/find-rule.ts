import { Bytes, nowNanoseconds, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { NONE, stringAt, stringLength } from "../common/program";
import { requestPairs } from "../shell/request-pairs";
import { ATTEMPTS, CONDITION_COUNT, NEGATED, OPT_OUT, STRINGS } from "./config";
import { conditionAt, expiryOf, ruleAt, ruleCount, satisfies } from "./decide";

const ATTEMPT_COUNT = utf8("x-envoy-attempt-count");
const REQUEST_ID = utf8("x-request-id");
const NANOSECONDS_PER_MS: u64 = 1_000_000;

/** The first rule of a program that holds for the request, or 0. To be called while its headers have come. */
export function findRule(program: usize): usize {
  for (let i: u32 = 0, count = ruleCount(program); i < count; i++) {
    const rule = ruleAt(program, i);
    if (holds(program, rule)) return rule;
  }
  return 0;
}

/** The request's id; null where it has none. */
export function requestId(): Bytes | null {
  return headerOf(REQUEST_ID);
}

function holds(program: usize, rule: usize): bool {
  const expiry = expiryOf(rule);
  if (expiry != 0 && nowNanoseconds() / NANOSECONDS_PER_MS >= expiry) return false;
  for (let i: u32 = 0, count = load<u32>(rule, CONDITION_COUNT); i < count; i++) {
    if (!conditionHolds(program, conditionAt(program, rule, i))) return false;
  }
  const attempts = load<u32>(rule, ATTEMPTS);
  if (attempts != 0 && attempt() > attempts) return false;
  const optOut = load<u32>(rule, OPT_OUT);
  return optOut == NONE || headerOf(textOf(program, optOut)) === null;
}

/** A header that is there several times satisfies a condition by any of its values. */
function conditionHolds(program: usize, condition: usize): bool {
  const isNegated = (load<u32>(condition, 4) & NEGATED) != 0;
  const name = textOf(program, load<u32>(condition));
  const pairs = requestPairs();
  while (pairs.next()) {
    if (pairs.name.equals(name) && satisfies(program, condition, pairs.value.ptr, pairs.value.length))
      return !isNegated;
  }
  return isNegated;
}

/** Which attempt of the request this is, from 1 on; a proxy before this one has counted. */
function attempt(): u32 {
  const text = headerOf(ATTEMPT_COUNT);
  if (text === null || text.length == 0 || text.length > 4) return 1;
  let count: u32 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = <u32>text.at(i) - 48;
    if (digit > 9) return 1;
    count = count * 10 + digit;
  }
  return count;
}

/** The first value of a header of the request. To be called while its headers have come. */
export function headerOf(name: Bytes): Bytes | null {
  const pairs = requestPairs();
  while (pairs.next()) {
    if (pairs.name.equals(name)) return pairs.value;
  }
  return null;
}

function textOf(program: usize, text: u32): Bytes {
  return Bytes.wrap(stringAt(program, STRINGS, text), stringLength(program, STRINGS, text));
}
