import { Bytes } from "../wire/bytes";

/**
 * Reads a binary configuration, little-endian, and never outside of it. The first read that does not fit sets `failed`
 * and every read from then on answers 0 or empty bytes: check once, at the end, with `end()`, and divide by nothing before.
 */
export class BinaryReader {
  /** The offset of the next read. */
  position: i32 = 0;
  /** A read did not fit, or `fail()` was called. */
  failed: bool = false;
  /** The offset of the read that failed. */
  failedAt: i32 = 0;
  private problem: string = "";
  private from: usize;
  private size: i32;

  /** @param bytes are not copied: a view from a host call lives until the callback returns */
  constructor(bytes: Bytes) {
    this.from = bytes.ptr;
    this.size = bytes.length;
  }

  /** How many bytes are left. */
  get remaining(): i32 {
    return this.size - this.position;
  }

  u8(): u8 {
    const at = this.take(1);
    return at ? load<u8>(at) : 0;
  }

  u16(): u16 {
    const at = this.take(2);
    return at ? load<u16>(at) : 0;
  }

  u32(): u32 {
    const at = this.take(4);
    return at ? load<u32>(at) : 0;
  }

  u64(): u64 {
    const at = this.take(8);
    return at ? load<u64>(at) : 0;
  }

  i32(): i32 {
    return <i32>this.u32();
  }

  i64(): i64 {
    return <i64>this.u64();
  }

  f64(): f64 {
    return reinterpret<f64>(this.u64());
  }

  /** One byte, 0 or 1; another value fails. */
  bool(): bool {
    const value = this.u8();
    if (value > 1) this.failAt(this.position - 1, "a bool must be 0 or 1");
    return value == 1;
  }

  /** A number of 1 to 10 bytes, 7 bits each, the lowest first; the last byte has its top bit clear (LEB128). */
  varint(): u64 {
    const start = this.position;
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 70; shift += 7) {
      const byte: u64 = this.u8();
      if (this.failed) return 0;
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.failAt(start, "a varint does not fit in 64 bits");
    return 0;
  }

  /** The next `length` bytes: a view, no copy. */
  bytes(length: u32): Bytes {
    const at = this.take(length);
    return Bytes.wrap(at, at ? <i32>length : 0);
  }

  /** Bytes that have their length before them, as 4 bytes. */
  sized(): Bytes {
    return this.bytes(this.u32());
  }

  /** Goes to an offset, such as a table's. */
  seek(offset: u32): void {
    if (this.failed) return;
    if (offset > <u32>this.size) this.failAt(this.position, "offset " + offset.toString() + " is outside");
    else this.position = <i32>offset;
  }

  /** Refuses what was read: `problem` says what must be. The first problem stays. */
  fail(problem: string): void {
    this.failAt(this.position, problem);
  }

  /** True when everything was read and nothing failed. */
  end(): bool {
    if (!this.failed && this.position != this.size) this.fail(this.remaining.toString() + " bytes too many");
    return !this.failed;
  }

  /** `byte 12: problem`, for the one line that says why a configuration was refused; empty when nothing failed. */
  get error(): string {
    return this.failed ? "byte " + this.failedAt.toString() + ": " + this.problem : "";
  }

  /** The address of the next bytes, which are then read; 0 when there are fewer. */
  private take(length: u32): usize {
    if (this.failed) return 0;
    if (length > <u32>this.remaining) {
      const wanted = length.toString() + " bytes expected, ";
      this.failAt(this.position, wanted + this.remaining.toString() + " left");
      return 0;
    }
    const at = this.from + this.position;
    this.position += <i32>length;
    return at;
  }

  private failAt(offset: i32, problem: string): void {
    if (this.failed) return;
    this.failed = true;
    this.failedAt = offset;
    this.problem = problem;
  }
}
