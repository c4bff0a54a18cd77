/** Where instructions have gone: runs of bytes that were copied, by their offset in the new module. */
export class OffsetMap {
  readonly #fresh: number[] = [];
  readonly #original: number[] = [];

  /** Runs are added in ascending order. */
  add(fresh: number, original: number): void {
    this.#fresh.push(fresh);
    this.#original.push(original);
  }

  /** The offset in the original module of an offset in the new one; of added code, that of what it stands before. */
  toOriginal(fresh: number): number {
    const { moved, next } = this.#locate(fresh);
    return Math.min(moved, next);
  }

  /** Whether an offset in the new module is in code that was added. */
  isAdded(fresh: number): boolean {
    const { moved, next } = this.#locate(fresh);
    return moved >= next;
  }

  /** Where the offset would be if the run before it went on, and where the next run begins. */
  #locate(fresh: number): { moved: number; next: number } {
    let low = -1;
    let high = this.#fresh.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#fresh[middle] ?? 0) <= fresh) low = middle;
      else high = middle - 1;
    }
    const next = this.#original[low + 1] ?? Number.POSITIVE_INFINITY;
    return { moved: low < 0 ? next : (this.#original[low] ?? 0) + fresh - (this.#fresh[low] ?? 0), next };
  }
}
