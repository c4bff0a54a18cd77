import { copyBytes, hashBytes, sameBytes } from "./bytes";

/** The number of a value that no longer had room. */
export const OVERFLOW: u32 = 0xffffffff;

const FIRST_SLOTS: i32 = 64;

/**
 * Gives equal byte strings equal numbers, from 1 on, and keeps a copy of each. A known value costs a hash and a
 * comparison and allocates nothing. Bounded: beyond `limit` values, every new one is OVERFLOW.
 */
export class Interner {
  private slots: StaticArray<u32> = new StaticArray<u32>(FIRST_SLOTS);
  private hashes: Array<u32> = [0];
  private values: Array<StaticArray<u8>> = [new StaticArray<u8>(0)];

  constructor(
    private limit: i32,
    private maxBytes: i32,
  ) {}

  /** The number of a value; of one that is longer than `maxBytes`, its beginning counts. */
  intern(at: usize, length: i32): u32 {
    const size = min(length, this.maxBytes);
    const hash = hashBytes(at, size);
    const mask = this.slots.length - 1;
    let slot = <i32>hash & mask;
    for (let id = this.slots[slot]; id != 0; id = this.slots[slot]) {
      const value = unchecked(this.values[id]);
      if (unchecked(this.hashes[id]) == hash && value.length == size && sameBytes(changetype<usize>(value), at, size)) {
        return id;
      }
      slot = (slot + 1) & mask;
    }
    if (this.values.length > this.limit) return OVERFLOW;
    const id = this.values.length;
    this.values.push(copyBytes(at, size));
    this.hashes.push(hash);
    this.slots[slot] = id;
    if (id * 2 > mask) this.grow();
    return id;
  }

  /** The value of a number that `intern` gave; not for OVERFLOW. */
  value(id: u32): StaticArray<u8> {
    return this.values[id];
  }

  private grow(): void {
    const slots = new StaticArray<u32>(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id < this.values.length; id++) {
      let slot = <i32>this.hashes[id] & mask;
      while (slots[slot] != 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
  }
}
