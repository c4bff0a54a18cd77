const FIRST_MS = 250;
const MOST_MS = 10_000;
/** A process that lived this long was well: the next failure counts as the first again. */
const SETTLED_MS = 15_000;

/** How a process has fared so far. */
export interface Backoff {
  /** Failures in a row, each soon after its start. */
  readonly failures: number;
}

export const FRESH: Backoff = { failures: 0 };

/** Called when a process ended after `livedMs`: how long to wait before it is started again, and the state after that. */
export function nextRestart(state: Backoff, livedMs: number): { readonly delayMs: number; readonly state: Backoff } {
  const failures = livedMs >= SETTLED_MS ? 0 : state.failures;
  return { delayMs: Math.min(FIRST_MS * 2 ** failures, MOST_MS), state: { failures: failures + 1 } };
}
