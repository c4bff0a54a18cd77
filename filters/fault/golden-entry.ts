/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
import { ProgramCache } from "../common/program-cache";
import { check } from "./config";
import { abortGrpcStatus, aborts, abortStatus, delayMs } from "./decide";

export { abortGrpcStatus, abortStatus, aborts, check, delayMs };

const programs = new ProgramCache(check);

export function allocate(size: usize): usize {
  return heap.alloc(size);
}

/** Why the program that a route carries as base64 is refused; 0 for a sound one. */
export function checkText(text: usize, length: i32): i32 {
  return programs.find(text, length).reason;
}
