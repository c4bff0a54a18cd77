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

/** One pair of a list: address and length of the name, then of the value. */
const PAIR_SIZE: usize = 16;

/** What Envoy's host takes. Of more it takes none, without a word: an empty list. */
const MAX_PAIRS: u32 = 1024;
const MAX_BYTES: i32 = 1 << 20;

/** Collects pairs and writes them in the ABI's form. The bytes behind the views must live until `encode()`. */
@unmanaged
export class HeaderList {
  private views: usize;
  private capacity: u32;
  private count: u32;

  /** @param capacity for how many pairs there is room at first. The host takes 1024 pairs and 1 MiB at most. */
  static create(capacity: u32 = 16): HeaderList {
    const list = changetype<HeaderList>(allocate(offsetof<HeaderList>()));
    list.views = allocate(<usize>capacity * PAIR_SIZE);
    list.capacity = capacity;
    list.count = 0;
    return list;
  }

  /** How many pairs there are. */
  get length(): u32 {
    return this.count;
  }

  add(name: Bytes, value: Bytes): HeaderList {
    if (this.count >= this.capacity) this.grow();
    this.put(this.count++, name, value);
    return this;
  }

  /** Puts another pair in the place of the one at `index`, which must be there. */
  put(index: u32, name: Bytes, value: Bytes): void {
    const pair = this.views + <usize>index * PAIR_SIZE;
    store<usize>(pair, name.ptr);
    store<u32>(pair, name.length, 4);
    store<usize>(pair, value.ptr, 8);
    store<u32>(pair, value.length, 12);
  }

  /** The name of the pair at `index`, which must be there. */
  nameAt(index: u32): Bytes {
    const pair = this.views + <usize>index * PAIR_SIZE;
    return Bytes.wrap(load<usize>(pair), load<u32>(pair, 4));
  }

  /** The value of the pair at `index`, which must be there. */
  valueAt(index: u32): Bytes {
    const pair = this.views + <usize>index * PAIR_SIZE;
    return Bytes.wrap(load<usize>(pair, 8), load<u32>(pair, 12));
  }

  /** Whether a host takes the list, which `encoded` is: 1024 pairs and 1 MiB at most. The SDK asks before it sends one. */
  fits(encoded: Bytes): bool {
    return this.count <= MAX_PAIRS && encoded.length <= MAX_BYTES;
  }

  /** The list in the ABI's form. */
  encode(): Bytes {
    const count = this.count;
    let size: usize = 4 + <usize>count * 8;
    for (let index: u32 = 0; index < count; ++index) {
      const pair = this.views + <usize>index * PAIR_SIZE;
      size += load<u32>(pair, 4) + load<u32>(pair, 12) + 2;
    }
    const base = allocate(size);
    store<u32>(base, count);
    let text = base + 4 + <usize>count * 8;
    for (let index: u32 = 0; index < count; ++index) {
      const pair = this.views + <usize>index * PAIR_SIZE;
      const lengths = base + 4 + <usize>index * 8;
      store<u32>(lengths, load<u32>(pair, 4));
      store<u32>(lengths, load<u32>(pair, 12), 4);
      text = append(text, load<usize>(pair), load<u32>(pair, 4));
      text = append(text, load<usize>(pair, 8), load<u32>(pair, 12));
    }
    return Bytes.wrap(base, <i32>size);
  }

  private grow(): void {
    const capacity = max(this.capacity * 2, 8);
    const views = allocate(<usize>capacity * PAIR_SIZE);
    memory.copy(views, this.views, <usize>this.count * PAIR_SIZE);
    this.views = views;
    this.capacity = capacity;
  }
}

function append(to: usize, from: usize, length: u32): usize {
  memory.copy(to, from, length);
  store<u8>(to + length, 0);
  return to + length + 1;
}
