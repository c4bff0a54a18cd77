import {
  AUTHORIZATION,
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  OK,
  rangeFits,
  stringsFit,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
} from "../common/program";

const VERSION: u16 = 1;
const HEADER_BYTES: i32 = 76;

/** Offsets in the program's own header: three words, then a reference to each table. */
export const NEEDS: i32 = 16;
export const FLAGS: i32 = 20;
export const DENY_COUNT: i32 = 24;
export const STRINGS: i32 = 28;
export const HEADER_NAMES: i32 = 36;
export const RULES: i32 = 44;
export const OPERATIONS: i32 = 52;
export const TERMS: i32 = 60;
export const MATCHERS: i32 = 68;

export const HAS_ALLOW: u32 = 1;

export const RULE_BYTES: u32 = 20;
export const OPERATION_BYTES: u32 = 8;
export const TERM_BYTES: u32 = 12;
export const MATCHER_BYTES: u32 = 8;

/** Facts that a term may look at; `needs` has the bit of each that is used. */
export const FACT_METHOD: u32 = 0;
export const FACT_PATH: u32 = 1;
export const FACT_HOST: u32 = 2;
export const FACT_PORT: u32 = 3;
export const FIRST_HEADER: u32 = 4;

export const FACT_MASK: u32 = 0xffff;
export const NEGATED: u32 = 1 << 16;

export const EXACT: u32 = 1;
export const PREFIX: u32 = 2;
export const SUFFIX: u32 = 3;
export const PRESENT: u32 = 4;
export const TEMPLATE: u32 = 5;
export const PORT: u32 = 6;

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, AUTHORIZATION, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, HEADER_NAMES, 4) ||
    !tableFits(program, length, RULES, RULE_BYTES) ||
    !tableFits(program, length, OPERATIONS, OPERATION_BYTES) ||
    !tableFits(program, length, TERMS, TERM_BYTES) ||
    !tableFits(program, length, MATCHERS, MATCHER_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
  if (load<u32>(program + DENY_COUNT) > tableCount(program, RULES)) return BAD_VALUE;
  if (!headersRefer(program) || !rulesRefer(program) || !operationsRefer(program)) return BAD_REFERENCE;
  return checkTerms(program);
}

/** How many values a request's facts consist of. */
export function factCount(program: usize): u32 {
  return FIRST_HEADER + tableCount(program, HEADER_NAMES);
}

function headersRefer(program: usize): bool {
  const names = tableAt(program, HEADER_NAMES);
  const strings = tableCount(program, STRINGS);
  for (let i: u32 = 0, count = tableCount(program, HEADER_NAMES); i < count; i++) {
    if (load<u32>(names + <usize>i * 4) >= strings) return false;
  }
  return true;
}

function rulesRefer(program: usize): bool {
  const strings = tableCount(program, STRINGS);
  const operations = tableCount(program, OPERATIONS);
  const terms = tableCount(program, TERMS);
  let rule = tableAt(program, RULES);
  for (let i: u32 = 0, count = tableCount(program, RULES); i < count; i++, rule += RULE_BYTES) {
    if (load<u32>(rule) >= strings) return false;
    if (!rangeFits(load<u32>(rule, 4), load<u32>(rule, 8), operations)) return false;
    if (!rangeFits(load<u32>(rule, 12), load<u32>(rule, 16), terms)) return false;
  }
  return true;
}

function operationsRefer(program: usize): bool {
  const terms = tableCount(program, TERMS);
  let operation = tableAt(program, OPERATIONS);
  for (let i: u32 = 0, count = tableCount(program, OPERATIONS); i < count; i++, operation += OPERATION_BYTES) {
    if (!rangeFits(load<u32>(operation), load<u32>(operation, 4), terms)) return false;
  }
  return true;
}

function checkTerms(program: usize): i32 {
  const facts = factCount(program);
  const needs = load<u32>(program + NEEDS);
  const matchers = tableCount(program, MATCHERS);
  let term = tableAt(program, TERMS);
  for (let i: u32 = 0, count = tableCount(program, TERMS); i < count; i++, term += TERM_BYTES) {
    const fact = load<u32>(term) & FACT_MASK;
    if (fact >= facts) return BAD_REFERENCE;
    // A fact that nobody reads would look absent, and a rule that denies by it would be blind.
    if (fact < FIRST_HEADER && ((needs >> fact) & 1) == 0) return BAD_VALUE;
    if (!rangeFits(load<u32>(term, 4), load<u32>(term, 8), matchers)) return BAD_REFERENCE;
    const reason = checkMatchers(program, fact, load<u32>(term, 4), load<u32>(term, 8));
    if (reason != OK) return reason;
  }
  return OK;
}

function checkMatchers(program: usize, fact: u32, first: u32, count: u32): i32 {
  const strings = tableCount(program, STRINGS);
  let matcher = tableAt(program, MATCHERS) + <usize>first * MATCHER_BYTES;
  for (let i: u32 = 0; i < count; i++, matcher += MATCHER_BYTES) {
    const kind = load<u32>(matcher);
    if (kind < EXACT || kind > PORT || (kind == PORT) != (fact == FACT_PORT)) return BAD_VALUE;
    if (kind == TEMPLATE && fact != FACT_PATH) return BAD_VALUE;
    if (kind != PORT && kind != PRESENT && load<u32>(matcher, 4) >= strings) return BAD_REFERENCE;
  }
  return OK;
}
