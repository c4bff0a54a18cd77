import { proxy_get_current_time_nanoseconds } from "../abi/imports";
import { NUMBER_SLOT } from "./slots";

/** Nanoseconds since 1970; 0 when the host does not tell. */
export function nowNanoseconds(): u64 {
  store<u64>(NUMBER_SLOT, 0);
  proxy_get_current_time_nanoseconds(NUMBER_SLOT);
  return load<u64>(NUMBER_SLOT);
}
