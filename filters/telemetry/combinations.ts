import { hashBytes, sameBytes } from "../common/bytes";

const FIRST_SLOTS: i32 = 64;

/** No more room for a new combination. */
export const FULL: i32 = -1;

/**
 * Finds the place of a combination of label inputs, each a number, so that its metrics are defined once.
 * Bounded: beyond `limit` combinations, new ones are FULL.
 */
export class Combinations {
  private slots: StaticArray<i32> = new StaticArray<i32>(FIRST_SLOTS);
  private hashes: Array<u32> = [];
  private keys: Array<StaticArray<u32>> = [];
  /** Whether the last `find` made a new place. */
  isNew: bool = false;

  constructor(
    private words: i32,
    private limit: i32,
  ) {}

  /** The place (from 0 on, in order of first appearance) of the `words` numbers at `key`. */
  find(key: usize): i32 {
    this.isNew = false;
    const bytes = this.words * 4;
    const hash = hashBytes(key, bytes);
    const mask = this.slots.length - 1;
    let slot = <i32>hash & mask;
    for (let place = this.slots[slot]; place != 0; place = this.slots[slot]) {
      const known = unchecked(this.keys[place - 1]);
      if (unchecked(this.hashes[place - 1]) == hash && sameBytes(changetype<usize>(known), key, bytes))
        return place - 1;
      slot = (slot + 1) & mask;
    }
    if (this.keys.length >= this.limit) return FULL;
    const copy = new StaticArray<u32>(this.words);
    memory.copy(changetype<usize>(copy), key, bytes);
    this.keys.push(copy);
    this.hashes.push(hash);
    this.slots[slot] = this.keys.length;
    this.isNew = true;
    if (this.keys.length * 2 > mask) this.grow();
    return this.keys.length - 1;
  }

  private grow(): void {
    const slots = new StaticArray<i32>(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let i = 0; i < this.keys.length; i++) {
      let slot = <i32>this.hashes[i] & mask;
      while (slots[slot] != 0) slot = (slot + 1) & mask;
      slots[slot] = i + 1;
    }
    this.slots = slots;
  }
}
