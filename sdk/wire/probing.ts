// Tables from a number that the host gives (a context, a call) to a pointer: open addressing with linear probing over
// two arrays of 1 << (32 - shift) entries of 4 bytes each. Removal shifts entries back, so there are no tombstones and
// nothing to clean up. A table is at most half full.

/** Never a key: hosts number from 1. */
const EMPTY: u32 = 0;

/** The slot that has this key, or the empty slot where it would go. */
export function slotOf(keys: usize, shift: u32, key: u32): u32 {
  const mask: u32 = u32.MAX_VALUE >>> shift;
  let slot = homeOf(key, shift);
  while (true) {
    const other = load<u32>(keys + ((<usize>slot) << 2));
    if (other == key || other == EMPTY) return slot;
    slot = (slot + 1) & mask;
  }
}

/** Empties a slot, and closes the gap that it leaves. */
export function vacate(keys: usize, values: usize, shift: u32, hole: u32): void {
  const mask: u32 = u32.MAX_VALUE >>> shift;
  let slot = hole;
  while (true) {
    slot = (slot + 1) & mask;
    const key = load<u32>(keys + ((<usize>slot) << 2));
    if (key == EMPTY) break;
    // An entry moves into the hole unless that would put it before its home.
    if (((slot - homeOf(key, shift)) & mask) >= ((slot - hole) & mask)) {
      store<u32>(keys + ((<usize>hole) << 2), key);
      store<usize>(values + ((<usize>hole) << 2), load<usize>(values + ((<usize>slot) << 2)));
      hole = slot;
    }
  }
  store<u32>(keys + ((<usize>hole) << 2), EMPTY);
  store<usize>(values + ((<usize>hole) << 2), 0);
}

/** The bytes of one of a table's arrays. */
export function arraySize(shift: u32): usize {
  return 4 << (32 - shift);
}

/** An array for a table, all empty. Give it back with `heap.free`. */
export function emptyArray(shift: u32): usize {
  const size = arraySize(shift);
  const array = heap.alloc(size);
  memory.fill(array, 0, size);
  return array;
}

/** Where an entry for this key belongs; consecutive numbers, as hosts give them, spread evenly. */
function homeOf(key: u32, shift: u32): u32 {
  return (key * 0x9e3779b1) >>> shift;
}
