/** A clock that moves only when told to. Nanoseconds since 1970. */
export interface Clock {
  now(): bigint;
}

/** 2026-01-01T00:00:00Z, so that no test depends on the day it runs. */
const START_NS = 1_767_225_600_000_000_000n;

/** The default clock: it stands still until `host.advance`. */
export const stoppedClock: Clock = { now: () => START_NS };

/** Deterministic bytes (xorshift32), the same in every run; for tests, never for secrets. */
export function seededRandom(seed = 0x9e3779b9): (bytes: Uint8Array) => void {
  let state = seed;
  return (bytes) => {
    for (let index = 0; index < bytes.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[index] = state & 0xff;
    }
  };
}
