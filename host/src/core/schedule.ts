interface Entry {
  readonly at: bigint;
  readonly order: number;
  readonly run: () => void;
}

/** What is to happen at a host time, in order; what was put first comes first among equals. */
export class Schedule {
  #entries: Entry[] = [];
  #order = 0;

  /** @returns takes it back */
  put(at: bigint, run: () => void): () => void {
    this.#order += 1;
    const entry = { at, order: this.#order, run };
    this.#entries.push(entry);
    return () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  /** When the next one is due; undefined when nothing is. */
  get next(): bigint | undefined {
    return this.#first()?.at;
  }

  /** Takes the next one out. */
  take(): (() => void) | undefined {
    const first = this.#first();
    this.#entries = this.#entries.filter((entry) => entry !== first);
    return first?.run;
  }

  #first(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      const before = first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order);
      if (before) first = entry;
    }
    return first;
  }
}
