/** Bytes that are no WebAssembly, and where. Never leaves this folder: `readModule` turns it into a value. */
export class Malformed extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads the numbers and names of the binary format, never beyond its end. Throws `Malformed`, nothing else. */
export class Cursor {
  readonly bytes: Uint8Array;
  /** The first byte that is not read any more. */
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  fail(message: string, offset: number = this.at): never {
    throw new Malformed(message, offset);
  }

  byte(): number {
    if (this.at >= this.end) this.fail("unexpected end");
    return this.bytes[this.at++] ?? 0;
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.fail(`${count} bytes do not fit in the ${this.end - this.at} that are left`);
    this.at += count;
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const from = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value <= 0xffff_ffff ? value : this.fail("a number of more than 32 bits", from);
    }
    return this.fail("a number of more than 5 bytes", from);
  }

  /** Passes a LEB128 of any sign, of at most that many bytes: 5 for 32 bits, 10 for 64. */
  skipLeb(maxBytes: number): void {
    const from = this.at;
    for (let count = 0; count < maxBytes; count++) if (this.byte() < 0x80) return;
    this.fail(`a number of more than ${maxBytes} bytes`, from);
  }

  /** A count of things of at least one byte each, so that no loop is longer than the file. */
  count(): number {
    const from = this.at;
    const count = this.u32();
    if (count > this.end - this.at) this.fail(`${count} entries do not fit in ${this.end - this.at} bytes`, from);
    return count;
  }

  name(): string {
    const from = this.at;
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      return this.fail("a name that is no UTF-8", from);
    }
  }

  /** A part of the given size from here; the position goes behind it. */
  part(size: number): Cursor {
    const start = this.at;
    this.skip(size);
    return new Cursor(this.bytes, start, this.at);
  }
}
