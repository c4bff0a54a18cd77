import { allocate } from "./arena";
import { Bytes } from "./bytes";

// The ABI's form of a header list: u32 count; for each pair u32 name length and u32 value length; then for each pair
// name, NUL, value, NUL. Little-endian.

/** Reads a header list in place: a cursor, no allocation for a pair. */
@unmanaged
export class HeaderPairs {
  private base: usize;
  private size: usize;
  private count: u32;
  private index: u32;
  private nextName: usize;
  /** The current pair; views that change with `next()`. */
  name: Bytes;
  value: Bytes;

  static read(list: Bytes): HeaderPairs {
    const pairs = changetype<HeaderPairs>(allocate(offsetof<HeaderPairs>()));
    const size = <usize>list.length;
    const count = size < 4 ? 0 : load<u32>(list.ptr);
    pairs.base = list.ptr;
    pairs.size = size;
    // A count that its own bytes cannot hold is a broken list: it counts as empty.
    pairs.count = <u64>count * 8 + 4 > <u64>size ? 0 : count;
    pairs.index = 0;
    pairs.nextName = 4 + <usize>pairs.count * 8;
    pairs.name = Bytes.wrap(0, 0);
    pairs.value = Bytes.wrap(0, 0);
    return pairs;
  }

  /** How many pairs there are. */
  get length(): u32 {
    return this.count;
  }

  /** Goes to the next pair; false after the last. */
  next(): bool {
    if (this.index >= this.count) return false;
    const lengths = this.base + 4 + <usize>this.index * 8;
    const nameLength = load<u32>(lengths);
    const valueLength = load<u32>(lengths, 4);
    const after = <u64>this.nextName + nameLength + valueLength + 2;
    if (after > <u64>this.size) {
      this.index = this.count;
      return false;
    }
    this.name.ptr = this.base + this.nextName;
    this.name.length = nameLength;
    this.value.ptr = this.name.ptr + nameLength + 1;
    this.value.length = valueLength;
    this.nextName = <usize>after;
    ++this.index;
    return true;
  }
}

/** Collects pairs and writes them in the ABI's form. The names and values must live until `encode()`. */
@unmanaged
export class HeaderList {
  private views: usize;
  private capacity: u32;
  private count: u32;
  private textSize: u32;

  /** @param capacity how many pairs fit; more are ignored. The host takes 1024 at most. */
  static create(capacity: u32): HeaderList {
    const list = changetype<HeaderList>(allocate(offsetof<HeaderList>()));
    list.views = allocate(<usize>capacity * 2 * sizeof<usize>());
    list.capacity = capacity;
    list.count = 0;
    list.textSize = 0;
    return list;
  }

  add(name: Bytes, value: Bytes): HeaderList {
    if (this.count >= this.capacity) return this;
    const slot = this.views + <usize>this.count * 2 * sizeof<usize>();
    store<usize>(slot, changetype<usize>(name));
    store<usize>(slot, changetype<usize>(value), sizeof<usize>());
    this.textSize += name.length + value.length + 2;
    ++this.count;
    return this;
  }

  encode(): Bytes {
    const size = 4 + this.count * 8 + this.textSize;
    const base = allocate(<usize>size);
    store<u32>(base, this.count);
    let text = base + 4 + <usize>this.count * 8;
    for (let index: u32 = 0; index < this.count; ++index) {
      const slot = this.views + <usize>index * 2 * sizeof<usize>();
      const name = changetype<Bytes>(load<usize>(slot));
      const value = changetype<Bytes>(load<usize>(slot, sizeof<usize>()));
      const lengths = base + 4 + <usize>index * 8;
      store<u32>(lengths, name.length);
      store<u32>(lengths, value.length, 4);
      text = append(append(text, name), value);
    }
    return Bytes.wrap(base, <i32>size);
  }
}

function append(to: usize, bytes: Bytes): usize {
  memory.copy(to, bytes.ptr, <usize>bytes.length);
  store<u8>(to + bytes.length, 0);
  return to + bytes.length + 1;
}
