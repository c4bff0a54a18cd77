/** How fast new streams are let in. */
export interface AdmissionOptions {
  /** Streams a second, on average. */
  readonly perSecond: number;
  /** Streams that may come at once after a quiet time. */
  readonly burst: number;
  /** Streams that may be in their first synchronisation at the same time, since each holds its answers in memory. */
  readonly atOnce: number;
  /** After this long a stream that has not finished no longer counts, so that one that never reads holds up nobody. */
  readonly patienceMs: number;
}

export const defaultAdmissionOptions: AdmissionOptions = { perSecond: 300, burst: 100, atOnce: 16, patienceMs: 2000 };

/**
 * Lets new streams in at a steady rate, in the order in which they came: when thousands of Envoys reconnect at once, each
 * is served quickly in its turn, instead of all of them slowly and some never. A stream that waits costs nothing but its
 * connection, because nothing is read from it.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #now: () => number;
  readonly #queue = new Set<() => void>();
  /** Since when each stream has been in its first synchronisation. */
  readonly #inside = new Map<() => void, number>();
  #tokens: number;
  #filledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AdmissionOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#tokens = options.burst;
    this.#filledAt = now();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Calls `enter` when it is its turn; perhaps at once. Returns what is to be called when the stream is in sync or gone. */
  request(enter: () => void): () => void {
    this.#queue.add(enter);
    this.#advance();
    return () => {
      const was = this.#queue.delete(enter) || this.#inside.delete(enter);
      if (was) this.#advance();
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.clear();
  }

  #advance(): void {
    const now = this.#now();
    const { perSecond, burst, atOnce, patienceMs } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    for (const [enter, since] of this.#inside) if (now - since >= patienceMs) this.#inside.delete(enter);
    for (const enter of this.#queue) {
      if (this.#tokens < 1 || this.#inside.size >= atOnce) break;
      this.#tokens -= 1;
      this.#queue.delete(enter);
      this.#inside.set(enter, now);
      enter();
    }
    this.#wait(now);
  }

  /** Until there is a token, or the oldest inside has had its time; whoever finishes before that comes by itself. */
  #wait(now: number): void {
    clearTimeout(this.#timer);
    if (this.#queue.size === 0) return;
    const { perSecond, atOnce, patienceMs } = this.#options;
    const token = this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / perSecond;
    const [oldest = now] = this.#inside.values();
    const room = this.#inside.size < atOnce ? 0 : oldest + patienceMs - now;
    this.#timer = setTimeout(() => this.#advance(), Math.max(1, Math.ceil(Math.max(token, room))));
    this.#timer.unref();
  }
}
