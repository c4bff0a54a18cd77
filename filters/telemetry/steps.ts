/** Codes of the steps of an expression; each takes its operands from a stack and puts its result there. */
export const LITERAL_STEP: u32 = 1;
export const INPUT_STEP: u32 = 2;
export const FACT_STEP: u32 = 3;
export const REQUEST_HEADER: u32 = 4;
export const RESPONSE_HEADER: u32 = 5;
export const TEXT_PROPERTY: u32 = 6;
export const NUMBER_PROPERTY: u32 = 7;
export const TRUTH_PROPERTY: u32 = 8;
const LAST_LEAF: u32 = 8;

export const SELECT: u32 = 16;
export const AND: u32 = 17;
export const OR: u32 = 18;
export const NOT: u32 = 19;
export const EQUAL: u32 = 20;
export const UNEQUAL: u32 = 21;
export const LESS: u32 = 22;
export const AT_MOST: u32 = 23;
export const CONCAT: u32 = 24;
export const STARTS_WITH: u32 = 25;
export const ENDS_WITH: u32 = 26;
export const CONTAINS: u32 = 27;
export const HAS: u32 = 28;

export const STEP_BYTES: u32 = 8;

/** More operands than any expression leaves waiting. */
export const MAX_STACK: i32 = 64;

export function isLeaf(code: u32): bool {
  return code >= LITERAL_STEP && code <= LAST_LEAF;
}

/** How many operands a step takes; 0 for a code without a meaning. */
export function operandsOf(code: u32): i32 {
  if (code == SELECT) return 3;
  if (code == NOT || code == HAS) return 1;
  return code >= AND && code <= CONTAINS ? 2 : 0;
}
