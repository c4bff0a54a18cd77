/**
 * A module's memory with bounds. Views are made anew for each access, since the module may grow its memory at any time,
 * which detaches the old ones.
 */
export class Memory {
  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** A copy of a range; undefined when it is not all inside. */
  read(pointer: number, length: number): Uint8Array | undefined {
    return this.#inside(pointer, length) ? new Uint8Array(this.#memory.buffer, pointer, length).slice() : undefined;
  }

  /** False when it does not fit; nothing is written then. The same for the other writes. */
  write(pointer: number, bytes: Uint8Array): boolean {
    if (!this.#inside(pointer, bytes.length)) return false;
    new Uint8Array(this.#memory.buffer, pointer, bytes.length).set(bytes);
    return true;
  }

  writeU32(pointer: number, value: number): boolean {
    if (!this.#inside(pointer, 4)) return false;
    new DataView(this.#memory.buffer).setUint32(pointer, value, true);
    return true;
  }

  writeU64(pointer: number, value: bigint): boolean {
    if (!this.#inside(pointer, 8)) return false;
    new DataView(this.#memory.buffer).setBigUint64(pointer, value, true);
    return true;
  }

  readU32(pointer: number): number | undefined {
    return this.#inside(pointer, 4) ? new DataView(this.#memory.buffer).getUint32(pointer, true) : undefined;
  }

  #inside(pointer: number, length: number): boolean {
    return pointer + length <= this.#memory.buffer.byteLength;
  }
}
