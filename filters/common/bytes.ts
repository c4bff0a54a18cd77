/** Comparisons over raw bytes: a pointer and a length, never a string. */

const CASE_BIT: u8 = 0x20;

/** Whether `length` bytes at `a` and at `b` are the same. */
export function sameBytes(a: usize, b: usize, length: i32): bool {
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
  }
  for (; i < length; i++) {
    if (load<u8>(a + i) != load<u8>(b + i)) return false;
  }
  return true;
}

/** As `sameBytes`, where letters at `a` may be of either case; those at `lower` are lower case. */
export function sameBytesIgnoringCase(a: usize, lower: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (lowerCase(load<u8>(a + i)) != load<u8>(lower + i)) return false;
  }
  return true;
}

/** ASCII only, as header names and host names are. */
export function lowerCase(byte: u8): u8 {
  return byte - 65 < 26 ? byte | CASE_BIT : byte;
}

/** Place of the first `byte`, or `length`. */
export function indexOfByte(at: usize, length: i32, byte: u8): i32 {
  let i = 0;
  while (i < length && load<u8>(at + i) != byte) i++;
  return i;
}

/** FNV-1a, 32 bits, continued from `seed`. */
export function hashBytes(at: usize, length: i32, seed: u32 = 0x811c9dc5): u32 {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = (hash ^ load<u8>(at + i)) * 0x01000193;
  return hash;
}

/** Bytes in an AssemblyScript array that outlives the callback. */
export function copyBytes(at: usize, length: i32): StaticArray<u8> {
  const copy = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(copy), at, length);
  return copy;
}
