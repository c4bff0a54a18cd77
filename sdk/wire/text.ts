import { allocate } from "./arena";
import { Bytes } from "./bytes";

const FIRST_CAPACITY: u32 = 64;
/** Digits and sign of a 64-bit number. */
const NUMBER_SIZE: u32 = 20;

/** Puts a text together in the arena, as bytes: what strings would do needs AssemblyScript's string library. */
@unmanaged
export class Text {
  private from: usize;
  private size: u32;
  private capacity: u32;

  static create(): Text {
    const text = changetype<Text>(allocate(offsetof<Text>()));
    text.from = allocate(FIRST_CAPACITY);
    text.size = 0;
    text.capacity = FIRST_CAPACITY;
    return text;
  }

  get length(): u32 {
    return this.size;
  }

  add(part: Bytes): Text {
    this.reserve(<u32>part.length);
    memory.copy(this.from + this.size, part.ptr, <usize>part.length);
    this.size += part.length;
    return this;
  }

  /** A number in decimal. */
  number(value: i64): Text {
    this.reserve(NUMBER_SIZE);
    if (value < 0) store<u8>(this.from + this.size++, 0x2d);
    // Also right for the smallest number, which has no positive one.
    let rest: u64 = value < 0 ? 0 - <u64>value : <u64>value;
    let at = this.from + NUMBER_SIZE + this.size;
    const end = at;
    do {
      store<u8>(--at, <u8>(0x30 + (rest % 10)));
      rest /= 10;
    } while (rest);
    memory.copy(this.from + this.size, at, end - at);
    this.size += <u32>(end - at);
    return this;
  }

  /** What was put together so far, as a view. */
  end(): Bytes {
    return Bytes.wrap(this.from, this.size);
  }

  private reserve(more: u32): void {
    // Twice, for the digits of a number are written behind their place.
    const wanted = this.size + more + NUMBER_SIZE;
    if (wanted <= this.capacity) return;
    const from = allocate(<usize>wanted * 2);
    memory.copy(from, this.from, this.size);
    this.from = from;
    this.capacity = wanted * 2;
  }
}
