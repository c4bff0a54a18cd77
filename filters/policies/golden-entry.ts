/** What the golden tests call: the pure part of the module, without a host. Not part of the module that ships. */
import { RouteProgramCache } from "./route-programs";

export { checkBundle as check, programIn, programLength } from "../common/bundle";

const programs = new RouteProgramCache();

export function allocate(size: usize): usize {
  return heap.alloc(size);
}

/** Why the bundle that a route carries as base64 is refused; 0 for a sound one. */
export function checkText(text: usize, length: i32): i32 {
  return programs.find(text, length).reason;
}

/** Whether the bundle has a program of either policy: bit 0 fault, bit 1 headers. */
export function programsIn(text: usize, length: i32): u32 {
  const found = programs.find(text, length);
  return u32(found.fault != 0) | (u32(found.headers != 0) << 1);
}
