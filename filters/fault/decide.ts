import {
  ABORT_PER_MILLION,
  DELAY_MS,
  DELAY_PER_MILLION,
  FLAGS,
  GRPC_STATUS,
  HAS_ABORT,
  HAS_DELAY,
  HTTP_STATUS,
  MILLION,
} from "./config";

/** Milliseconds to wait, 0 for none. `random` is uniform over all of u64; `program` has passed `check`. */
export function delayMs(program: usize, random: u64): u32 {
  if ((load<u32>(program + FLAGS) & HAS_DELAY) == 0) return 0;
  return sampled(random, load<u32>(program + DELAY_PER_MILLION)) ? load<u32>(program + DELAY_MS) : 0;
}

/** Whether the request ends here. Takes a random number of its own: delay and abort are independent. */
export function aborts(program: usize, random: u64): bool {
  if ((load<u32>(program + FLAGS) & HAS_ABORT) == 0) return false;
  return sampled(random, load<u32>(program + ABORT_PER_MILLION));
}

/** HTTP status of the abort. */
export function abortStatus(program: usize): u32 {
  return load<u32>(program + HTTP_STATUS);
}

/** gRPC status of the abort, -1 where the user named an HTTP status. */
export function abortGrpcStatus(program: usize): i32 {
  return load<i32>(program + GRPC_STATUS);
}

function sampled(random: u64, perMillion: u32): bool {
  return random % MILLION < perMillion;
}
