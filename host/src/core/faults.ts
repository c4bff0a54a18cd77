import type { Status } from "../abi/numbers.ts";

/** How a host call is made to fail. */
export interface Fault {
  /** What it answers; `malloc` has none: it gives nothing. */
  readonly status?: Status;
  /** Only this call from now on, counted from 1; without it, every one. */
  readonly nth?: number;
}

/** What is done to a host call: it fails, or something happens right before it. */
interface Entry {
  readonly nth: number | undefined;
  readonly act: Fault | (() => void);
  seen: number;
}

/** What a test does to host calls: some fail, before some something else happens first. */
export class Faults {
  readonly #entries = new Map<string, Entry[]>();

  add(name: string, fault: Fault): void {
    this.#add(name, { nth: fault.nth, act: fault, seen: 0 });
  }

  /** Runs something before a call, which is answered as ever then. */
  before(name: string, run: () => void, nth: number | undefined): void {
    this.#add(name, { nth, act: run, seen: 0 });
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Counts a call, lets happen what comes before it, and gives the fault that it meets. */
  meet(name: string): Fault | undefined {
    if (this.#entries.size === 0) return undefined;
    let met: Fault | undefined;
    for (const entry of this.#entries.get(name) ?? []) {
      entry.seen += 1;
      if (entry.nth !== undefined && entry.nth !== entry.seen) continue;
      if (typeof entry.act === "function") entry.act();
      else met ??= entry.act;
    }
    return met;
  }

  #add(name: string, entry: Entry): void {
    this.#entries.set(name, [...(this.#entries.get(name) ?? []), entry]);
  }
}
