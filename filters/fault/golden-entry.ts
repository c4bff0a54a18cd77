/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
export { check } from "./config";
export { abortGrpcStatus, aborts, abortStatus, delayMs } from "./decide";

export function allocate(size: usize): usize {
  return heap.alloc(size);
}
