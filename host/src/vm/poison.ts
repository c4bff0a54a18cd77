import type { Memory } from "./memory.ts";

/** A byte that is in no UTF-8 text. */
const POISON = 0xfd;
/** So many in a row are no accident; all of them, when there are fewer. */
const ENOUGH = 4;

/** Remembers which memory results were written to, and overwrites it once the callback is over. */
export class Poison {
  readonly #memory: Memory;
  #given: (readonly [pointer: number, length: number])[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  gave(pointer: number, length: number): void {
    this.#given.push([pointer, length]);
  }

  spread(): void {
    for (const [pointer, length] of this.#given) this.#memory.read(pointer, length)?.fill(POISON);
    this.#given = [];
  }
}

/** Whether bytes that a module hands over were once a result. */
export function isPoisoned(bytes: Uint8Array): boolean {
  let run = 0;
  for (const byte of bytes) {
    run = byte === POISON ? run + 1 : 0;
    if (run >= Math.min(ENOUGH, bytes.length)) return true;
  }
  return false;
}
