import { sameBytes } from "./bytes";

const SLASH: u8 = 47;
const OPEN: u8 = 123; // {
const STAR: u8 = 42; // *

/**
 * Whether a whole path matches a template. `{*}` is one segment that is not empty, `{**}` any number of characters,
 * slashes included; the compiler admits `{**}` only as the last operator, so that what follows it is plain text.
 */
export function pathMatchesTemplate(path: usize, pathLength: i32, template: usize, templateLength: i32): bool {
  let p = 0;
  let t = 0;
  while (t < templateLength) {
    const operator = operatorLength(template + t, templateLength - t);
    if (operator == 0) {
      if (p >= pathLength || load<u8>(path + p) != load<u8>(template + t)) return false;
      p++;
      t++;
      continue;
    }
    t += operator;
    if (operator == 4) {
      const rest = templateLength - t;
      const from = pathLength - rest;
      return from >= p && sameBytes(path + from, template + t, rest) && allPathBytes(path + p, from - p);
    }
    const start = p;
    while (p < pathLength && isSegmentByte(load<u8>(path + p))) p++;
    if (p == start) return false;
  }
  return p == pathLength;
}

/** 3 for `{*}`, 4 for `{**}`, 0 for anything else. */
function operatorLength(at: usize, length: i32): i32 {
  if (length < 3 || load<u8>(at) != OPEN || load<u8>(at, 1) != STAR) return 0;
  if (load<u8>(at, 2) == 125) return 3;
  return length >= 4 && load<u8>(at, 2) == STAR && load<u8>(at, 3) == 125 ? 4 : 0;
}

function allPathBytes(at: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(at + i);
    if (byte != SLASH && !isSegmentByte(byte)) return false;
  }
  return true;
}

/** Letters, digits and -._~%!$&'()+,;:@= as in Envoy's URI templates: no other character is matched by an operator. */
function isSegmentByte(byte: u8): bool {
  if ((byte | 0x20) - 97 < 26 || byte - 48 < 10) return true;
  if (byte - 36 < 11) return byte != STAR; // $ % & ' ( ) + , - .
  return byte == 33 || byte == 58 || byte == 59 || byte == 61 || byte == 64 || byte == 95 || byte == 126;
}
