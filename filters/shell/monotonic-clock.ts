// The ABI's own clock is the time of day, which may be set while a request is under way; WASI's second clock never jumps.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: i32, precision: i64, time: usize): i32;

const MONOTONIC: i32 = 1;
const slot = memory.data(8, 8);

/** Nanoseconds since some moment; 0 where the host does not tell. One host call, without a result that needs memory. */
export function monotonicNanoseconds(): u64 {
  store<u64>(slot, 0);
  clock_time_get(MONOTONIC, 0, slot);
  return load<u64>(slot);
}
