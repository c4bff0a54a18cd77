import { leave, tryAllocate } from "../wire/arena";

/** The host asks for memory for a result. Inside a callback it is the arena's: gone when the callback returns. */
export function malloc(size: usize): usize {
  return tryAllocate(size);
}

/** The ABI's own name for `malloc`; hosts differ in which of the two they look for. */
export function proxy_on_memory_allocate(size: usize): usize {
  return tryAllocate(size);
}

/** The heap may double before the collector runs, and grow by this much when it is small. */
const COLLECTION_STEP: usize = 64 * 1024;
let collectAbove: usize = COLLECTION_STEP;

/** Ends a callback. Only here is nothing of the heap referred to from the stack, so only here may it be collected. */
export function exit(): void {
  if (leave() && __heapInUse() > collectAbove) collect();
}

function collect(): void {
  __collect();
  collectAbove = __heapInUse() + max(__heapInUse(), COLLECTION_STEP);
}
