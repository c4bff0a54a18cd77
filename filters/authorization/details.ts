import { Bytes, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { writeDecimal } from "../common/decimal";
import { stringAt, stringLength, tableAt } from "../common/program";
import { POLICIES, POLICY_BYTES, RULE_BYTES, RULES, STRINGS } from "./layout";

const DETAILS = utf8("rbac_access_denied_matched_policy[");
const NONE = utf8("none");
const NS = utf8("ns[");
const POLICY = utf8("]-policy[");
const RULE = utf8("]-rule[");
const CLOSING_BRACKET: u8 = 93;
const CLOSING_BRACKETS: u16 = 0x5d5d;
const MAX_DIGITS: i32 = 10;

/** Room for a denial's details; grows with the longest, so that denials leave no garbage. */
let room = new StaticArray<u8>(256);

/**
 * `ns[NAMESPACE]-policy[NAME]-rule[INDEX]`, as Istio names a rule; `none` for a rule below 0. A view that the next call
 * of a function here writes over.
 */
export function identityOf(program: usize, rule: i32): Bytes {
  const details = denialDetails(program, rule);
  return details.slice(DETAILS.length, details.length - 1);
}

/** What Envoy's own filter would put into the response code details of a request that a rule, or none, denies; a view as above. */
export function denialDetails(program: usize, rule: i32): Bytes {
  const start = reserve(DETAILS.length + NONE.length + 1);
  if (rule >= 0) return ruleDetails(program, rule);
  const end = append(append(start, DETAILS), NONE);
  store<u8>(end, CLOSING_BRACKET);
  return Bytes.wrap(start, <i32>(end + 1 - start));
}

function ruleDetails(program: usize, rule: i32): Bytes {
  const record = tableAt(program, RULES) + <usize>rule * RULE_BYTES;
  const policy = tableAt(program, POLICIES) + <usize>load<u32>(record) * POLICY_BYTES;
  const namespace = textOf(program, load<u32>(policy));
  const name = textOf(program, load<u32>(policy, 4));
  const marks = DETAILS.length + NS.length + POLICY.length + RULE.length + MAX_DIGITS + 2;
  const start = reserve(marks + namespace.length + name.length);
  let to = append(start, DETAILS);
  to = append(to, NS);
  to = append(to, namespace);
  to = append(to, POLICY);
  to = append(to, name);
  to = append(to, RULE);
  to += writeDecimal(load<u32>(record, 4), to);
  store<u16>(to, CLOSING_BRACKETS);
  return Bytes.wrap(start, <i32>(to + 2 - start));
}

/** The beginning of the room, which then has so many bytes. */
function reserve(size: i32): usize {
  if (room.length < size) room = new StaticArray<u8>(size);
  return changetype<usize>(room);
}

function textOf(program: usize, text: u32): Bytes {
  return Bytes.wrap(stringAt(program, STRINGS, text), stringLength(program, STRINGS, text));
}

function append(to: usize, bytes: Bytes): usize {
  memory.copy(to, bytes.ptr, bytes.length);
  return to + bytes.length;
}
