/** Works through pushes in slices, so that answers are heard and other streams served between them. */
export class PushQueue<T> {
  readonly #push: (item: T, waitedMs: number) => void;
  /** With the time since which it waits. What is added twice is pushed once, with what is newest by then. */
  readonly #waiting = new Map<T, number>();
  #running = false;

  constructor(push: (item: T, waitedMs: number) => void) {
    this.#push = push;
  }

  has(item: T): boolean {
    return this.#waiting.has(item);
  }

  add(item: T, now: number): void {
    if (!this.#waiting.has(item)) this.#waiting.set(item, now);
  }

  delete(item: T): void {
    this.#waiting.delete(item);
  }

  /** Begins at once; a call while it works does nothing. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#slice();
  }

  #slice(): void {
    const started = performance.now();
    for (const [item, since] of this.#waiting) {
      const now = performance.now();
      if (now - started > sliceMs) {
        setImmediate(() => this.#slice());
        return;
      }
      this.#waiting.delete(item);
      this.#push(item, now - since);
    }
    this.#running = false;
  }
}

const sliceMs = 5;
