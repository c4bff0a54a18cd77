import { Status } from "../abi/numbers.ts";

/** A stored value and the number that changes whenever it does. Compare-and-swap numbers start at 1: 0 means "whatever". */
export interface SharedValue {
  readonly value: Uint8Array;
  readonly cas: number;
}

/** What modules of one vm_id share by key. */
export class SharedData {
  readonly #values = new Map<string, SharedValue>();
  #lastCas = 0;

  get(key: string): SharedValue | undefined {
    return this.#values.get(key);
  }

  /** Stores when `cas` is 0 or the value's own number; else CasMismatch. */
  set(key: string, value: Uint8Array, cas: number): Status {
    const held = this.#values.get(key);
    if (cas !== 0 && held !== undefined && held.cas !== cas) return Status.CasMismatch;
    this.#lastCas += 1;
    this.#values.set(key, { value: value.slice(), cas: this.#lastCas });
    return Status.Ok;
  }
}
