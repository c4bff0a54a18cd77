import { sameBytes } from "../common/bytes";
import { NONE, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { GROUP_BYTES, GROUPS, OPERATION_BYTES, OPERATIONS, PART_BYTES, PARTS, STRINGS } from "./config";

/** Offsets in a group of the range of its operations, by direction. */
export const REQUEST: i32 = 4;
export const RESPONSE: i32 = 12;

/** Whether what to do depends on the cluster that the route chose. */
export function needsCluster(program: usize): bool {
  for (let i: u32 = 0, count = tableCount(program, GROUPS); i < count; i++) {
    if (load<u32>(groupAt(program, i)) != NONE) return true;
  }
  return false;
}

/** The group of a cluster, or -1; it runs before the route's own. */
export function groupOfCluster(program: usize, cluster: usize, length: i32): i32 {
  for (let i: u32 = 0, count = tableCount(program, GROUPS); i < count; i++) {
    const name = load<u32>(groupAt(program, i));
    if (name == NONE || stringLength(program, STRINGS, name) != length) continue;
    if (sameBytes(stringAt(program, STRINGS, name), cluster, length)) return i;
  }
  return -1;
}

/** The route's own group, or -1. */
export function groupOfRoute(program: usize): i32 {
  for (let i: u32 = 0, count = tableCount(program, GROUPS); i < count; i++) {
    if (load<u32>(groupAt(program, i)) == NONE) return i;
  }
  return -1;
}

/** How many operations a group has in a direction (REQUEST or RESPONSE). */
export function operationCount(program: usize, group: i32, direction: i32): u32 {
  return load<u32>(groupAt(program, group) + direction, 4);
}

/** Where an operation of a group stands: its kind, its name's string, then its value's string, or the range of its parts. */
export function operationAt(program: usize, group: i32, direction: i32, index: u32): usize {
  const first = load<u32>(groupAt(program, group) + direction);
  return tableAt(program, OPERATIONS) + <usize>(first + index) * OPERATION_BYTES;
}

/** Where a part of a value stands: its kind, then its string. */
export function partAt(program: usize, operation: usize, index: u32): usize {
  return tableAt(program, PARTS) + <usize>(load<u32>(operation, 8) + index) * PART_BYTES;
}

/** How many parts an operation's value has. */
export function partCount(operation: usize): u32 {
  return load<u32>(operation, 12);
}

function groupAt(program: usize, group: u32): usize {
  return tableAt(program, GROUPS) + <usize>group * GROUP_BYTES;
}
