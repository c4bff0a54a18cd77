const retryMs = 60_000;
const maxRetryMs = 16 * retryMs;

/** How often something was tried, when to do it next, and who tries it now. */
interface Trial {
  readonly times: number;
  readonly at: number;
  readonly proxy?: string;
}

/**
 * When what is set aside is given again, and to whom: what an Envoy refuses may lie outside of the bytes, such as a port that
 * another program held. One of those that refused it tries, which keeps running what it has: after a minute, then after ever
 * longer times, up to 16 minutes. Times are passed in, in milliseconds.
 */
export class Trials {
  readonly #byKey = new Map<string, Trial>();

  /** Whether the proxy is the one that tries it now. */
  isOn(key: string, proxy: string): boolean {
    return this.#byKey.get(key)?.proxy === proxy;
  }

  /** It was refused again: nobody tries it until the next time. Returns whether this was a trial. */
  failed(key: string, proxy: string): boolean {
    const trial = this.#byKey.get(key);
    if (trial?.proxy !== proxy) return false;
    this.#byKey.set(key, { times: trial.times, at: trial.at });
    return true;
  }

  passed(key: string): void {
    this.#byKey.delete(key);
  }

  /** Begins what is due of `candidates`, which are those who refused, by key; others are forgotten. Returns whether any began. */
  start(
    candidates: ReadonlyMap<string, ReadonlySet<string>>,
    now: number,
    isConnected: (proxy: string) => boolean,
  ): boolean {
    let began = false;
    for (const [key, by] of candidates) {
      const { times, at } = this.#byKey.get(key) ?? { times: 0, at: now + retryMs };
      if (at > now) {
        if (times === 0) this.#byKey.set(key, { times, at });
        continue;
      }
      const proxy = [...by].find(isConnected);
      this.#byKey.set(key, {
        times: times + 1,
        at: now + Math.min(retryMs * 2 ** (times + 1), maxRetryMs),
        ...(proxy === undefined ? {} : { proxy }),
      });
      began ||= proxy !== undefined;
    }
    for (const key of this.#byKey.keys()) if (!candidates.has(key)) this.#byKey.delete(key);
    return began;
  }
}
