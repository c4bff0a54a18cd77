/**
 * A module's memory with bounds. Its views are made anew whenever the module has grown its memory, which detaches the old
 * ones.
 */
export class Memory {
  readonly #memory: WebAssembly.Memory;
  #view: DataView;
  #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** Bytes. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A range as it is until the module runs again, not a copy; undefined when it is not all inside. */
  read(pointer: number, length: number): Uint8Array | undefined {
    return this.#inside(pointer, length) ? this.#bytes.subarray(pointer, pointer + length) : undefined;
  }

  /** False when it does not fit; nothing is written then. The same for the other writes. */
  write(pointer: number, bytes: Uint8Array): boolean {
    if (!this.#inside(pointer, bytes.length)) return false;
    this.#bytes.set(bytes, pointer);
    return true;
  }

  writeU32(pointer: number, value: number): boolean {
    if (!this.#inside(pointer, 4)) return false;
    this.#view.setUint32(pointer, value, true);
    return true;
  }

  writeU64(pointer: number, value: bigint): boolean {
    if (!this.#inside(pointer, 8)) return false;
    this.#view.setBigUint64(pointer, value, true);
    return true;
  }

  readU32(pointer: number): number | undefined {
    return this.#inside(pointer, 4) ? this.#view.getUint32(pointer, true) : undefined;
  }

  #inside(pointer: number, length: number): boolean {
    // A view that growth has detached has no bytes; asking it is cheaper than asking the memory for its buffer.
    if (this.#bytes.length === 0) {
      this.#view = new DataView(this.#memory.buffer);
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    return pointer + length <= this.#bytes.length;
  }
}
