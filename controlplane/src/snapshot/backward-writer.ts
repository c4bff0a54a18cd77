/**
 * Writes protobuf's wire format from the end to the beginning: what is inside of a message is there before its length has
 * to be written, so nothing is ever moved or measured in advance. Whoever uses it writes fields and lists last to first.
 */
export class BackwardWriter {
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  /** The same memory: a Buffer's own copies and views cost more. */
  #bytes = plain(this.#buffer);
  #at = this.#bytes.length;

  /** How many bytes there are. The difference of two moments is the length of what was written between them. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  /** Begins anew. */
  clear(): void {
    this.#at = this.#bytes.length;
  }

  /** All that was written, or the last so many bytes of it. */
  copy(size: number = this.length): Uint8Array {
    return this.#bytes.slice(this.#at, this.#at + size);
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#room(1);
      this.#bytes[--this.#at] = value;
      return;
    }
    this.#room(8);
    let size = 1;
    for (let limit = 0x80; value >= limit; limit *= 0x80) size += 1;
    let at = (this.#at -= size);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[at++] = (rest % 0x80) | 0x80;
    this.#bytes[at] = rest;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#at -= bytes.length;
    this.#bytes.set(bytes, this.#at);
  }

  /** UTF-8. */
  text(value: string): void {
    const { length } = value;
    this.#room(length * 3);
    if (length <= shortText && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.#at -= size;
    this.#buffer.write(value, this.#at, size);
  }

  double(value: number): void {
    this.#room(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** Most strings are short names, for which a call into the engine costs more than the copy. */
  #ascii(value: string): boolean {
    let at = this.#at;
    for (let index = value.length - 1; index >= 0; index -= 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      this.#bytes[--at] = code;
    }
    this.#at = at;
    return true;
  }

  #room(size: number): void {
    if (size <= this.#at) return;
    const { length } = this;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, length + size));
    larger.set(this.#bytes.subarray(this.#at), larger.length - length);
    this.#buffer = larger;
    this.#bytes = plain(larger);
    this.#at = larger.length - length;
  }
}

const shortText = 64;

function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
