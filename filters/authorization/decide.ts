import { sameBytes, sameBytesIgnoringCase } from "../common/bytes";
import { pathMatchesTemplate } from "../common/path-template";
import { stringAt, stringLength, tableAt, tableCount } from "../common/program";
import {
  DENY_COUNT,
  EXACT,
  FACT_HOST,
  FACT_MASK,
  FACT_PATH,
  FLAGS,
  HAS_ALLOW,
  MATCHER_BYTES,
  MATCHERS,
  NEGATED,
  OPERATION_BYTES,
  OPERATIONS,
  PORT,
  PRESENT,
  RULE_BYTES,
  RULES,
  STRINGS,
  SUFFIX,
  TEMPLATE,
  TERM_BYTES,
  TERMS,
} from "./config";

/** A decision is one of these two, or the index of the rule that denies. */
export const ALLOWED: i32 = -1;
export const DENIED_BY_DEFAULT: i32 = -2;

/** A fact is two words: where its bytes are (for the port: its number), and how many (or ABSENT). */
export const FACT_BYTES: u32 = 8;
export const ABSENT: i32 = -1;

/**
 * Istio's order: a DENY rule that matches denies; then, where there is an ALLOW policy at all, one of its rules has to
 * match. `program` has passed `check`; `facts` holds `factCount` facts, of which those the program needs are filled in.
 */
export function decide(program: usize, facts: usize): i32 {
  const denyCount = load<u32>(program + DENY_COUNT);
  const rules = tableAt(program, RULES);
  for (let i: u32 = 0; i < denyCount; i++) {
    if (ruleMatches(program, rules + <usize>i * RULE_BYTES, facts)) return i;
  }
  if ((load<u32>(program + FLAGS) & HAS_ALLOW) == 0) return ALLOWED;
  for (let i = denyCount, count = tableCount(program, RULES); i < count; i++) {
    if (ruleMatches(program, rules + <usize>i * RULE_BYTES, facts)) return ALLOWED;
  }
  return DENIED_BY_DEFAULT;
}

function ruleMatches(program: usize, rule: usize, facts: usize): bool {
  if (!termsMatch(program, load<u32>(rule, 12), load<u32>(rule, 16), facts)) return false;
  const count = load<u32>(rule, 8);
  if (count == 0) return true;
  let operation = tableAt(program, OPERATIONS) + <usize>load<u32>(rule, 4) * OPERATION_BYTES;
  for (let i: u32 = 0; i < count; i++, operation += OPERATION_BYTES) {
    if (termsMatch(program, load<u32>(operation), load<u32>(operation, 4), facts)) return true;
  }
  return false;
}

/** All of the terms. */
function termsMatch(program: usize, first: u32, count: u32, facts: usize): bool {
  let term = tableAt(program, TERMS) + <usize>first * TERM_BYTES;
  for (let i: u32 = 0; i < count; i++, term += TERM_BYTES) {
    const head = load<u32>(term);
    const negated = (head & NEGATED) != 0;
    if (anyMatcher(program, term, head & FACT_MASK, facts) == negated) return false;
  }
  return true;
}

function anyMatcher(program: usize, term: usize, fact: u32, facts: usize): bool {
  const at = load<u32>(facts + <usize>fact * FACT_BYTES);
  const length = load<i32>(facts + <usize>fact * FACT_BYTES, 4);
  if (length == ABSENT) return false;
  let matcher = tableAt(program, MATCHERS) + <usize>load<u32>(term, 4) * MATCHER_BYTES;
  for (let i: u32 = 0, count = load<u32>(term, 8); i < count; i++, matcher += MATCHER_BYTES) {
    const kind = load<u32>(matcher);
    const operand = load<u32>(matcher, 4);
    if (kind == PORT) {
      if (at == operand) return true;
    } else if (kind == PRESENT) {
      // Istio's `*` asks for a character in a path, but only for the presence of a header.
      if (fact != FACT_PATH || length > 0) return true;
    } else if (valueMatches(program, kind, operand, fact, at, length)) {
      return true;
    }
  }
  return false;
}

function valueMatches(program: usize, kind: u32, operand: u32, fact: u32, at: usize, length: i32): bool {
  const text = stringAt(program, STRINGS, operand);
  const size = stringLength(program, STRINGS, operand);
  if (kind == TEMPLATE) return pathMatchesTemplate(at, length, text, size);
  if (kind == EXACT ? size != length : size > length) return false;
  const from = kind == SUFFIX ? at + (length - size) : at;
  return fact == FACT_HOST ? sameBytesIgnoringCase(from, text, size) : sameBytes(from, text, size);
}
