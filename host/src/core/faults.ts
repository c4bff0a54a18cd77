import type { Status } from "../abi/numbers.ts";

/** How a host call is made to fail. */
export interface Fault {
  /** What it answers; `malloc` has none: it gives nothing. */
  readonly status?: Status;
  /** Only this call from now on, counted from 1; without it, every one. */
  readonly nth?: number;
}

/** Host calls that fail because a test says so. */
export class Faults {
  readonly #faults = new Map<string, { fault: Fault; seen: number }[]>();

  add(name: string, fault: Fault): void {
    const held = this.#faults.get(name) ?? [];
    held.push({ fault, seen: 0 });
    this.#faults.set(name, held);
  }

  clear(): void {
    this.#faults.clear();
  }

  /** Counts a call, and gives the fault that it meets. */
  meet(name: string): Fault | undefined {
    if (this.#faults.size === 0) return undefined;
    let met: Fault | undefined;
    for (const entry of this.#faults.get(name) ?? []) {
      entry.seen += 1;
      if (entry.fault.nth === undefined || entry.fault.nth === entry.seen) met ??= entry.fault;
    }
    return met;
  }
}
