import { proxy_get_current_time_nanoseconds } from "../abi/imports";
import { clock_time_get, MONOTONIC_CLOCK } from "../abi/wasi";
import { NUMBER_SLOT } from "./slots";

/** Nanoseconds since 1970; 0 when the host does not tell. The clock may be set, forward and back. */
export function nowNanoseconds(): u64 {
  store<u64>(NUMBER_SLOT, 0);
  proxy_get_current_time_nanoseconds(NUMBER_SLOT);
  return load<u64>(NUMBER_SLOT);
}

/**
 * Nanoseconds since some time in the past, on a clock that nobody sets: for measuring how long something takes. It is
 * WASI's; where the host has none, this is `nowNanoseconds()`.
 */
export function monotonicNanoseconds(): u64 {
  return clock_time_get(MONOTONIC_CLOCK, 1, NUMBER_SLOT) == 0 ? load<u64>(NUMBER_SLOT) : nowNanoseconds();
}
