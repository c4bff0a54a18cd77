/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
export { check } from "./config";
export { groupOfCluster, groupOfRoute, needsCluster, operationAt, operationCount, partAt, partCount } from "./decide";
import { writeTime } from "../common/civil-time";
import { isRegex, prepare, search, slot } from "../common/regex";
import { isCookie, withAttributes } from "./cookie";
import { rewrite } from "./rewrite";

export function allocate(size: usize): usize {
  return heap.alloc(size);
}

export { isCookie, isRegex, prepare, rewrite, search, slot, writeTime };

/** Where the changed value stands; its length is at `lengthAt`. */
export function changeCookie(value: usize, length: i32, attributes: usize, size: i32, lengthAt: usize): usize {
  const changed = withAttributes(value, length, attributes, size);
  store<i32>(lengthAt, changed.length);
  return changetype<usize>(changed);
}
