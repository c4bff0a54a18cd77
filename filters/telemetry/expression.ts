import { sameBytes } from "../common/bytes";
import { stringAt, stringLength } from "../common/program";
import { STRINGS } from "./config";
import { UNKNOWN } from "./inputs";
import {
  AND,
  AT_MOST,
  CONCAT,
  CONTAINS,
  ENDS_WITH,
  EQUAL,
  HAS,
  isLeaf,
  LESS,
  LITERAL_STEP,
  NOT,
  OR,
  SELECT,
  STARTS_WITH,
  STEP_BYTES,
  UNEQUAL,
} from "./steps";

const TRUE = String.UTF8.encode("true");
const FALSE = String.UTF8.encode("false");

/** The value at hand: bytes, `UNKNOWN` as their length where it is absent. Numbers and truths are text, too. */
let valueAt: usize = 0;
let valueLength: i32 = UNKNOWN;

/** Values that wait for their operation, as pairs of words, and room for those that are put together. */
const stack = memory.data(64 * 8);
const TEXT_CAPACITY: i32 = 2048;
const texts = memory.data(2048);
let textLength: i32 = 0;

/** Where an expression's leaves come from: the host, or what is known by now. `read` ends with `give`, or gives nothing. */
export abstract class Leaves {
  abstract read(code: u32, operand: u32): void;
}

/** The value of the leaf that is being read. */
export function give(at: usize, length: i32): void {
  valueAt = at;
  valueLength = length;
}

export function resultAt(): usize {
  return valueAt;
}

/** `UNKNOWN` where the expression has no value. */
export function resultLength(): i32 {
  return valueLength;
}

/** Runs an expression, whose steps have passed their check. Its result is good until the next one. */
export function evaluate(program: usize, steps: usize, count: u32, leaves: Leaves): void {
  let top = 0;
  textLength = 0;
  for (let i: u32 = 0; i < count; i++, steps += STEP_BYTES) {
    const code = load<u32>(steps);
    const operand = load<u32>(steps, 4);
    if (isLeaf(code)) {
      give(0, UNKNOWN);
      if (code == LITERAL_STEP) give(stringAt(program, STRINGS, operand), stringLength(program, STRINGS, operand));
      else leaves.read(code, operand);
    } else if (code == SELECT) {
      top -= 3;
      take(isTrue(top) ? top + 1 : isFalse(top) ? top + 2 : -1);
    } else if (code == NOT) {
      top--;
      if (isAbsent(top)) take(-1);
      else giveTruth(!isTrue(top));
    } else if (code == HAS) {
      top--;
      giveTruth(!isAbsent(top));
    } else {
      top -= 2;
      combine(code, top, top + 1);
    }
    push(top++);
  }
}

/** As CEL has it: with one side decided, the other may be absent. */
function combine(code: u32, left: i32, right: i32): void {
  if (code == AND) {
    if (isFalse(left) || isFalse(right)) giveTruth(false);
    else if (isAbsent(left) || isAbsent(right)) take(-1);
    else giveTruth(true);
  } else if (code == OR) {
    if (isTrue(left) || isTrue(right)) giveTruth(true);
    else if (isAbsent(left) || isAbsent(right)) take(-1);
    else giveTruth(false);
  } else if (isAbsent(left) || isAbsent(right)) {
    take(-1);
  } else if (code == CONCAT) {
    concatenate(left, right);
  } else {
    giveTruth(holds(code, left, right));
  }
}

function holds(code: u32, left: i32, right: i32): bool {
  const at = atOf(left);
  const part = atOf(right);
  const length = lengthOf(left);
  const size = lengthOf(right);
  if (code == EQUAL) return length == size && sameBytes(at, part, size);
  if (code == UNEQUAL) return length != size || !sameBytes(at, part, size);
  if (code == LESS) return numberAt(at, length) < numberAt(part, size);
  if (code == AT_MOST) return numberAt(at, length) <= numberAt(part, size);
  if (size > length) return false;
  if (code == STARTS_WITH) return sameBytes(at, part, size);
  if (code == ENDS_WITH) return sameBytes(at + length - size, part, size);
  if (code == CONTAINS) {
    for (let from = 0; from <= length - size; from++) if (sameBytes(at + from, part, size)) return true;
  }
  return false;
}

/** Decimal text with or without a sign; what is no digit ends it. */
function numberAt(at: usize, length: i32): i64 {
  const isNegative = length > 0 && load<u8>(at) == 45;
  let number: i64 = 0;
  for (let i = i32(isNegative); i < length; i++) {
    const digit = load<u8>(at + i) - 48;
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  return isNegative ? -number : number;
}

/** A text that does not fit is absent. */
function concatenate(left: i32, right: i32): void {
  const length = lengthOf(left);
  const size = lengthOf(right);
  if (<i64>textLength + length + size > TEXT_CAPACITY) {
    take(-1);
    return;
  }
  const to = texts + textLength;
  memory.copy(to, atOf(left), length);
  memory.copy(to + length, atOf(right), size);
  textLength += length + size;
  give(to, length + size);
}

function push(place: i32): void {
  store<u32>(stack + <usize>place * 8, <u32>valueAt);
  store<i32>(stack + <usize>place * 8, valueLength, 4);
}

/** A place of the stack becomes the value at hand; -1 is the absent one. */
function take(place: i32): void {
  if (place < 0) give(0, UNKNOWN);
  else give(atOf(place), lengthOf(place));
}

function giveTruth(truth: bool): void {
  const text = truth ? TRUE : FALSE;
  give(changetype<usize>(text), text.byteLength);
}

function atOf(place: i32): usize {
  return load<u32>(stack + <usize>place * 8);
}

function lengthOf(place: i32): i32 {
  return load<i32>(stack + <usize>place * 8, 4);
}

function isAbsent(place: i32): bool {
  return lengthOf(place) == UNKNOWN;
}

function isTrue(place: i32): bool {
  return lengthOf(place) == TRUE.byteLength && sameBytes(atOf(place), changetype<usize>(TRUE), TRUE.byteLength);
}

function isFalse(place: i32): bool {
  return lengthOf(place) == FALSE.byteLength && sameBytes(atOf(place), changetype<usize>(FALSE), FALSE.byteLength);
}
