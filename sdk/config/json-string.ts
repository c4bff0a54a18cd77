import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";

// A JSON string between its quotes. Without escapes it is a view of the text; with escapes it is decoded in the arena.

/** The closing quote's address, from the byte behind the opening one; 0 when a byte on the way may not be there. */
export function jsonStringEnd(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0x22) return at;
    if (byte < 0x20) return 0;
    at += byte == 0x5c ? 2 : 1;
  }
  return 0;
}

/** Where the first escape is that JSON does not have; 0 when all are well. */
export function badEscape(at: usize, end: usize): usize {
  for (; at < end; ++at) {
    if (load<u8>(at) != 0x5c) continue;
    const kind = load<u8>(at + 1);
    if (kind == 0x75 ? at + 6 > end || hexAt(at + 2) < 0 : simpleEscape(kind) == 0) return at;
    ++at;
  }
  return 0;
}

/** The bytes of a string whose escapes are well: UTF-8. Half of a surrogate pair becomes U+FFFD. */
export function decodeJsonString(at: usize, end: usize): Bytes {
  const first = at;
  while (at < end && load<u8>(at) != 0x5c) ++at;
  if (at == end) return Bytes.wrap(first, <i32>(end - first));
  // An escape is longer than what it stands for.
  const out = allocate(end - first);
  let to = out;
  for (at = first; at < end;) {
    const byte = load<u8>(at);
    if (byte != 0x5c) {
      store<u8>(to++, byte);
      ++at;
    } else if (load<u8>(at + 1) != 0x75) {
      store<u8>(to++, simpleEscape(load<u8>(at + 1)));
      at += 2;
    } else {
      let code: u32 = hexAt(at + 2);
      at += 6;
      if ((code & 0xf800) == 0xd800) {
        const low = lowSurrogateAt(at, end);
        if (low && code < 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        } else code = 0xfffd;
      }
      to = writeCodePoint(to, code);
    }
  }
  return Bytes.wrap(out, <i32>(to - out));
}

/** The second half of a surrogate pair, if it is escaped here; else 0. */
function lowSurrogateAt(at: usize, end: usize): u32 {
  if (at + 6 > end || load<u16>(at) != 0x755c) return 0;
  const code: u32 = hexAt(at + 2);
  return (code & 0xfc00) == 0xdc00 ? code : 0;
}

function writeCodePoint(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    return writeRest(to + 1, code, 1);
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    return writeRest(to + 1, code, 2);
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  return writeRest(to + 1, code, 3);
}

/** The last `count` groups of six bits. */
function writeRest(to: usize, code: u32, count: u32): usize {
  while (count-- > 0) store<u8>(to++, <u8>(0x80 | ((code >> (count * 6)) & 0x3f)));
  return to;
}

/** What the byte behind a backslash stands for; 0 when nothing. */
function simpleEscape(kind: u8): u8 {
  switch (kind) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return kind;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

/** Four hexadecimal digits; -1 when one is not. */
function hexAt(at: usize): i32 {
  let value = 0;
  for (let index: usize = 0; index < 4; ++index) {
    const byte = load<u8>(at + index);
    const letter = (byte | 0x20) - 0x61;
    const digit = <u32>byte - 0x30 <= 9 ? byte - 0x30 : letter < 6 ? letter + 10 : 0xff;
    if (digit == 0xff) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
