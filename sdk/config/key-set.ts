import { allocate } from "../wire/arena";
import { Bytes, sameBytes } from "../wire/bytes";

const FIRST_CAPACITY: u32 = 16;
/** object number, address of the name, its length. */
const SLOT_SIZE: usize = 12;

/**
 * The names of fields that a document had so far, each with the number of its object: finds one that comes twice. In the
 * arena; open addressing, at most half full. Object numbers begin at 1.
 */
@unmanaged
export class KeySet {
  private slots: usize;
  private capacity: u32;
  private count: u32;

  static create(): KeySet {
    const set = changetype<KeySet>(allocate(offsetof<KeySet>()));
    set.slots = 0;
    set.capacity = 0;
    set.count = 0;
    return set;
  }

  /** False when the object has this name already. */
  add(object: u32, name: Bytes): bool {
    if (this.count * 2 >= this.capacity) this.grow();
    const slot = this.find(object, name.ptr, name.length);
    if (load<u32>(slot) != 0) return false;
    fill(slot, object, name.ptr, name.length);
    ++this.count;
    return true;
  }

  /** Whether the object has this name. */
  has(object: u32, name: Bytes): bool {
    return this.capacity != 0 && load<u32>(this.find(object, name.ptr, name.length)) != 0;
  }

  /** The slot of this name, or the empty one where it goes. */
  private find(object: u32, ptr: usize, length: i32): usize {
    const mask = this.capacity - 1;
    let index = hashOf(object, ptr, length) & mask;
    while (true) {
      const slot = this.slots + <usize>index * SLOT_SIZE;
      const held = load<u32>(slot);
      if (held == 0) return slot;
      if (held == object && load<i32>(slot, 8) == length && sameBytes(load<usize>(slot, 4), ptr, length)) return slot;
      index = (index + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.slots;
    const oldCapacity = this.capacity;
    this.capacity = max(oldCapacity * 2, FIRST_CAPACITY);
    this.slots = allocate(<usize>this.capacity * SLOT_SIZE);
    memory.fill(this.slots, 0, <usize>this.capacity * SLOT_SIZE);
    for (let index: u32 = 0; index < oldCapacity; ++index) {
      const slot = old + <usize>index * SLOT_SIZE;
      const object = load<u32>(slot);
      if (object == 0) continue;
      const ptr = load<usize>(slot, 4);
      const length = load<i32>(slot, 8);
      fill(this.find(object, ptr, length), object, ptr, length);
    }
  }
}

function fill(slot: usize, object: u32, ptr: usize, length: i32): void {
  store<u32>(slot, object);
  store<usize>(slot, ptr, 4);
  store<i32>(slot, length, 8);
}

function hashOf(object: u32, ptr: usize, length: i32): u32 {
  let hash: u32 = 0x811c9dc5 ^ (object * 0x9e3779b1);
  for (let index = 0; index < length; ++index) hash = (hash ^ load<u8>(ptr + index)) * 0x01000193;
  return hash ^ (hash >>> 15);
}
