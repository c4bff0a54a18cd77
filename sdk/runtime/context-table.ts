import { HttpContext } from "../http/context";

// Live streams by the host's number: open addressing with linear probing. Removal shifts entries back, so there are
// no tombstones and nothing to clean up. The table grows with the peak of live streams and then stays as it is.

const FIRST_BITS: u32 = 5;
const EMPTY: u32 = 0; // never the number of a context

let bits: u32 = FIRST_BITS;
let count: u32 = 0;
let keys = new StaticArray<u32>(1 << FIRST_BITS);
let values = new StaticArray<HttpContext | null>(1 << FIRST_BITS);

/** Where an entry for this number belongs; consecutive numbers, as hosts give them, spread evenly. */
function homeOf(id: u32): u32 {
  return (id * 0x9e3779b1) >>> (32 - bits);
}

/** The slot that has this number, or the empty slot where it would go. */
function slotOf(id: u32): u32 {
  const mask: u32 = (1 << bits) - 1;
  let slot = homeOf(id);
  while (true) {
    const key = unchecked(keys[slot]);
    if (key == id || key == EMPTY) return slot;
    slot = (slot + 1) & mask;
  }
}

/** The stream of this number; null for one that is not known. */
export function findStream(id: u32): HttpContext | null {
  return unchecked(values[slotOf(id)]);
}

export function addStream(id: u32, context: HttpContext): void {
  if (id == EMPTY) return;
  if (count >= <u32>(1 << (bits - 1))) grow();
  const slot = slotOf(id);
  if (unchecked(keys[slot]) == EMPTY) ++count;
  unchecked((keys[slot] = id));
  unchecked((values[slot] = context));
}

/** Takes a stream out; null when it is not known. */
export function removeStream(id: u32): HttpContext | null {
  let hole = slotOf(id);
  const removed = unchecked(values[hole]);
  if (!removed) return null;
  const mask: u32 = (1 << bits) - 1;
  let slot = hole;
  while (true) {
    slot = (slot + 1) & mask;
    const key = unchecked(keys[slot]);
    if (key == EMPTY) break;
    // An entry moves into the hole unless that would put it before its home.
    if (((slot - homeOf(key)) & mask) >= ((slot - hole) & mask)) {
      unchecked((keys[hole] = key));
      unchecked((values[hole] = values[slot]));
      hole = slot;
    }
  }
  unchecked((keys[hole] = EMPTY));
  unchecked((values[hole] = null));
  --count;
  return removed;
}

function grow(): void {
  const oldKeys = keys;
  const oldValues = values;
  ++bits;
  keys = new StaticArray<u32>(1 << bits);
  values = new StaticArray<HttpContext | null>(1 << bits);
  for (let index = 0; index < oldKeys.length; ++index) {
    const key = unchecked(oldKeys[index]);
    if (key == EMPTY) continue;
    const slot = slotOf(key);
    unchecked((keys[slot] = key));
    unchecked((values[slot] = oldValues[index]));
  }
}
