/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
import { abortOf, grpcStatusOf, httpStatusOf } from "./decide";
import { Budget } from "./budget";

export { check } from "./config";
export {
  abortOf,
  bytesOf,
  conditionAt,
  delayMs,
  disturbsStatus,
  expiryOf,
  kibPerSecondOf,
  randomOfId,
  ruleAt,
  ruleCount,
  satisfies,
} from "./decide";

let budget = new Budget();

/** The HTTP status with which a request ends, and 0x10000 times its gRPC status + 1; -1 for none. */
export function statusOf(program: usize, rule: usize, random: u64): i32 {
  const status = abortOf(program, rule, random);
  return status == 0 ? -1 : <i32>httpStatusOf(status) + ((grpcStatusOf(status) + 1) << 16);
}

export function resetBudget(): void {
  budget = new Budget();
}

export function take(maxActive: u32, maxPerSecond: u32, nowNs: u64): bool {
  return budget.take(maxActive, maxPerSecond, nowNs);
}

export function release(): void {
  budget.release();
}

export function allocate(size: usize): usize {
  return heap.alloc(size);
}
