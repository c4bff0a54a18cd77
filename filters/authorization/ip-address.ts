const DOT: u8 = 46;
const COLON: u8 = 58;
const OPEN: u8 = 91; // [
const CLOSE: u8 = 93; // ]

/** How many words an address may take. */
export const ADDRESS_WORDS: i32 = 4;

/**
 * Reads an address as Envoy writes it, with a port or without (`10.1.2.3:80`, `[::1]:80`, `::1`), into four words at
 * `to`, of which IPv4 has the first. Returns 4 or 6, or 0 for what is no address.
 */
export function parseAddress(at: usize, length: i32, to: usize): i32 {
  memory.fill(to, 0, ADDRESS_WORDS * 4);
  if (length > 0 && load<u8>(at) == OPEN) {
    let end = 1;
    while (end < length && load<u8>(at + end) != CLOSE) end++;
    return parseIpv6(at + 1, end - 1, to) ? 6 : 0;
  }
  let colons = 0;
  let first = length;
  for (let i = 0; i < length; i++) {
    if (load<u8>(at + i) != COLON) continue;
    if (colons == 0) first = i;
    colons++;
  }
  if (colons > 1) return parseIpv6(at, length, to) ? 6 : 0;
  const word = ipv4(at, first);
  if (word < 0) return 0;
  store<u32>(to, <u32>word);
  return 4;
}

/** The four bytes of `a.b.c.d` as one number, or -1. */
function ipv4(at: usize, length: i32): i64 {
  let word: i64 = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= length; i++) {
    const byte: u8 = i == length ? DOT : load<u8>(at + i);
    if (byte == DOT) {
      if (part < 0) return -1;
      word = (word << 8) | part;
      part = -1;
      parts++;
    } else {
      if (byte - 48 > 9) return -1;
      part = (part < 0 ? 0 : part * 10) + (byte - 48);
      if (part > 255) return -1;
    }
  }
  return parts == 4 ? word : -1;
}

/** Groups of hexadecimal digits, of which one run of zeros may be left out, and the last two may be an IPv4 address. */
function parseIpv6(at: usize, length: i32, to: usize): bool {
  let groups = 0;
  let gap = -1;
  for (let i = 0; i < length;) {
    if (load<u8>(at + i) == COLON) {
      const isGap = i + 1 < length && load<u8>(at + i + 1) == COLON;
      if (isGap ? gap >= 0 : groups == 0 || i + 1 == length) return false;
      if (isGap) gap = groups;
      i += isGap ? 2 : 1;
      continue;
    }
    let end = i;
    let value: u32 = 0;
    while (end < length && end - i < 4 && digit(load<u8>(at + end)) >= 0)
      value = (value << 4) | digit(load<u8>(at + end++));
    if (end < length && load<u8>(at + end) == DOT) {
      const word = groups > 6 ? -1 : ipv4(at + i, length - i);
      if (word < 0) return false;
      setGroup(to, groups++, <u32>(word >>> 16));
      setGroup(to, groups++, <u32>(word & 0xffff));
      break;
    }
    if (end == i || groups == 8 || (end < length && load<u8>(at + end) != COLON)) return false;
    setGroup(to, groups++, value);
    i = end;
  }
  return gap < 0 ? groups == 8 : spread(to, groups, gap);
}

/** Moves the groups behind the gap to the end. */
function spread(to: usize, groups: i32, gap: i32): bool {
  if (groups > 7) return false;
  const missing = 8 - groups;
  for (let i = groups - 1; i >= gap; i--) setGroup(to, i + missing, group(to, i));
  for (let i = gap; i < gap + missing; i++) setGroup(to, i, 0);
  return true;
}

/** The upper half of a word comes first. */
function setGroup(to: usize, index: i32, value: u32): void {
  store<u16>(to + (index >> 1) * 4 + ((index & 1) ^ 1) * 2, <u16>value);
}

function group(to: usize, index: i32): u32 {
  return load<u16>(to + (index >> 1) * 4 + ((index & 1) ^ 1) * 2);
}

function digit(byte: u8): i32 {
  if (byte - 48 < 10) return byte - 48;
  const letter = (byte | 0x20) - 97;
  return letter < 6 ? <i32>letter + 10 : -1;
}
