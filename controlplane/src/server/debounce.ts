/** When to act after a burst of events: after a quiet time, but not later than a longest time after the first. */
export interface Debounce {
  /** Something happened. */
  trigger(): void;
  /** No further call is made. */
  close(): void;
}

/** Milliseconds. Editors and `git checkout` write many files; the folder should be read when they are done. */
export interface DebounceOptions {
  readonly quietMs: number;
  readonly maxMs: number;
}

export function debounce(act: () => void, { quietMs, maxMs }: DebounceOptions): Debounce {
  let timer: NodeJS.Timeout | undefined;
  let deadline: number | undefined;
  const fire = (): void => {
    timer = undefined;
    deadline = undefined;
    act();
  };
  return {
    trigger() {
      const now = performance.now();
      deadline ??= now + maxMs;
      clearTimeout(timer);
      timer = setTimeout(fire, Math.max(0, Math.min(quietMs, deadline - now)));
    },
    close() {
      clearTimeout(timer);
    },
  };
}
