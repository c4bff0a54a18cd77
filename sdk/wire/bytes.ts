import { allocate } from "./arena";

/** Whether `length` bytes at two addresses are the same. */
export function sameBytes(left: usize, right: usize, length: i32): bool {
  while (length >= 8) {
    if (load<u64>(left) != load<u64>(right)) return false;
    left += 8;
    right += 8;
    length -= 8;
  }
  while (length > 0) {
    if (load<u8>(left) != load<u8>(right)) return false;
    ++left;
    ++right;
    --length;
  }
  return true;
}

/**
 * A view of bytes: an address and a length, nothing else. Header values, property values and bodies are bytes, not
 * text: comparing and slicing them needs no decoding, and invalid UTF-8 passes through unchanged.
 *
 * A view made in a callback dies when the callback returns; `copy()` makes one that stays until `free()`.
 * A view made at module top level stays. Indexes out of range are clamped, or answer 0: nothing here traps.
 */
@unmanaged
export class Bytes {
  ptr: usize;
  length: i32;

  /** A view of memory that the caller owns. The view itself lives in the arena. */
  static wrap(ptr: usize, length: i32): Bytes {
    const view = changetype<Bytes>(allocate(offsetof<Bytes>()));
    view.ptr = ptr;
    view.length = length;
    return view;
  }

  /** A view of an array's bytes; the array must be kept reachable as long as the view is used. */
  static of(array: StaticArray<u8>): Bytes {
    return Bytes.wrap(changetype<usize>(array), array.length);
  }

  /** The text's UTF-8 bytes. Allocates in the arena: prefer `utf8("literal")`, which is done at compile time. */
  static encode(text: string): Bytes {
    const length = String.UTF8.byteLength(text);
    const ptr = allocate(<usize>length);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, ptr);
    return Bytes.wrap(ptr, length);
  }

  equals(other: Bytes): bool {
    return this.length == other.length && sameBytes(this.ptr, other.ptr, this.length);
  }

  startsWith(prefix: Bytes): bool {
    return this.length >= prefix.length && sameBytes(this.ptr, prefix.ptr, prefix.length);
  }

  endsWith(suffix: Bytes): bool {
    const from = this.length - suffix.length;
    return from >= 0 && sameBytes(this.ptr + from, suffix.ptr, suffix.length);
  }

  /** The byte at an index; 0 out of range. */
  at(index: i32): u8 {
    return <u32>index < <u32>this.length ? load<u8>(this.ptr + index) : 0;
  }

  /** The first index of a byte, at or after `from`; -1 when there is none. */
  indexOf(byte: u8, from: i32 = 0): i32 {
    for (let index = max(from, 0); index < this.length; ++index) {
      if (load<u8>(this.ptr + index) == byte) return index;
    }
    return -1;
  }

  /** A view of the bytes from `from` up to, not including, `to`. No copy. */
  slice(from: i32, to: i32 = i32.MAX_VALUE): Bytes {
    const first = min(max(from, 0), this.length);
    const last = min(max(to, first), this.length);
    return Bytes.wrap(this.ptr + first, last - first);
  }

  /** UTF-16 text, for what needs a string. Invalid UTF-8 becomes U+FFFD: do not send it back as a header. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.ptr, <usize>this.length);
  }

  /** A copy that the garbage collector looks after: what a context keeps in a field across callbacks. */
  toArray(): StaticArray<u8> {
    const array = new StaticArray<u8>(this.length);
    memory.copy(changetype<usize>(array), this.ptr, <usize>this.length);
    return array;
  }

  /** A copy that survives the callback. It is not collected: give it back with `free()`. */
  copy(): Bytes {
    const block = heap.alloc(offsetof<Bytes>() + <usize>this.length);
    const ptr = block + offsetof<Bytes>();
    memory.copy(ptr, this.ptr, <usize>this.length);
    const copied = changetype<Bytes>(block);
    copied.ptr = ptr;
    copied.length = this.length;
    return copied;
  }

  /** Gives back what `copy()` made; only for such. */
  free(): void {
    heap.free(changetype<usize>(this));
  }

  /** A 32-bit hash for tables inside the VM; not stable between versions, no defence against chosen keys. */
  hash(): u32 {
    let state: u32 = 0x9e3779b1 ^ <u32>this.length;
    let pointer = this.ptr;
    let left = this.length;
    while (left >= 4) {
      state = rotl(state ^ (load<u32>(pointer) * 0xcc9e2d51), 13) * 5 + 0xe6546b64;
      pointer += 4;
      left -= 4;
    }
    while (left > 0) {
      state = rotl(state ^ load<u8>(pointer), 5) * 0x9e3779b1;
      ++pointer;
      --left;
    }
    state ^= state >>> 16;
    state *= 0x85ebca6b;
    return state ^ (state >>> 13);
  }
}
