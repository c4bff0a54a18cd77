import { copyBytes, indexOfByte, lowerCase, sameBytes } from "../common/bytes";

const SEMICOLON: u8 = 59;
const EQUALS: u8 = 61;
const BLANK: u8 = 32;
const TAB: u8 = 9;
const STAR: u8 = 42;

/** Whether a Set-Cookie header's value is of the cookie `name`; `*` is any. */
export function isCookie(value: usize, length: i32, name: usize, nameLength: i32): bool {
  if (nameLength == 1 && load<u8>(name) == STAR) return true;
  const start = skipBlanks(value, 0, length);
  const end = nameEnd(value, start, length);
  return end - start == nameLength && sameBytes(value + start, name, nameLength);
}

/**
 * The value with other attributes: `attributes` is their text, each as `; NAME` or `; NAME=VALUE`. Those of the same names
 * go, of either case; all else stays as it is, in its order.
 */
export function withAttributes(value: usize, length: i32, attributes: usize, size: i32): StaticArray<u8> {
  const room = new StaticArray<u8>(length + size);
  const to = changetype<usize>(room);
  let written = 0;
  for (let at = 0; at <= length;) {
    const end = at + indexOfByte(value + at, length - at, SEMICOLON);
    if (at == 0 || !isAmong(value, at, end, attributes, size)) {
      // With the semicolon before it.
      const from = at == 0 ? 0 : at - 1;
      memory.copy(to + written, value + from, end - from);
      written += end - from;
    }
    at = end + 1;
  }
  memory.copy(to + written, attributes, size);
  return copyBytes(to, written + size);
}

/** Whether an attribute of the value has the name of one of `attributes`. */
function isAmong(value: usize, from: i32, to: i32, attributes: usize, size: i32): bool {
  const start = skipBlanks(value, from, to);
  const length = nameEnd(value, start, to) - start;
  for (let at = 0; at < size;) {
    const first = skipBlanks(attributes, at + 1, size);
    const end = first + indexOfByte(attributes + first, size - first, SEMICOLON);
    if (
      nameEnd(attributes, first, end) - first == length &&
      sameNameOfEitherCase(value + start, attributes + first, length)
    )
      return true;
    at = end;
  }
  return false;
}

function skipBlanks(text: usize, from: i32, to: i32): i32 {
  while (from < to && isBlank(load<u8>(text + from))) from++;
  return from;
}

/** Where a name ends that an equals sign, a semicolon or the end follows; blanks before those are not of it. */
function nameEnd(text: usize, from: i32, to: i32): i32 {
  let end = from;
  while (end < to && load<u8>(text + end) != EQUALS && load<u8>(text + end) != SEMICOLON) end++;
  while (end > from && isBlank(load<u8>(text + end - 1))) end--;
  return end;
}

function isBlank(byte: u8): bool {
  return byte == BLANK || byte == TAB;
}

function sameNameOfEitherCase(a: usize, b: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (lowerCase(load<u8>(a + i)) != lowerCase(load<u8>(b + i))) return false;
  }
  return true;
}
