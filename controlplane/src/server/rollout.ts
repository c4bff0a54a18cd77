/** A change on its way to the proxies that it concerns. */
interface Rollout {
  readonly label: string;
  readonly since: number;
  readonly proxies: number;
  readonly waiting: Set<string>;
  rejected: number;
}

/** A change that every proxy has answered. */
export interface FinishedRollout {
  readonly label: string;
  /** How many connected proxies it concerned. */
  readonly proxies: number;
  /** How many of them rejected something meanwhile. */
  readonly rejected: number;
  readonly milliseconds: number;
}

/** Older changes are given up beyond this number, should a proxy never answer. */
const maxOpen = 256;

/** Follows changes from the file to the last ACK. Times are passed in. */
export class Rollouts {
  #open: Rollout[] = [];

  /** `proxies`: the connected ones whose resources differ. */
  start(label: string, proxies: readonly string[], since: number): void {
    this.#open.push({ label, since, proxies: proxies.length, waiting: new Set(proxies), rejected: 0 });
    if (this.#open.length > maxOpen) this.#open.shift();
  }

  rejected(proxy: string): void {
    for (const rollout of this.#open) {
      if (rollout.waiting.has(proxy)) rollout.rejected += 1;
    }
  }

  /** The proxy has answered everything, or is gone. Returns the changes that this finishes. */
  settled(proxy: string, now: number): FinishedRollout[] {
    const finished: FinishedRollout[] = [];
    for (const rollout of this.#open) {
      if (!rollout.waiting.delete(proxy) || rollout.waiting.size > 0) continue;
      const { label, proxies, rejected, since } = rollout;
      finished.push({ label, proxies, rejected, milliseconds: now - since });
    }
    if (finished.length > 0) this.#open = this.#open.filter(({ waiting }) => waiting.size > 0);
    return finished;
  }
}
