/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
export { check, factCount } from "./config";
export { decide } from "./decide";
export { portOfInboundCluster } from "./inbound-port";

export function allocate(size: usize): usize {
  return heap.alloc(size);
}
