import { random_get } from "../abi/wasi";
import { NUMBER_SLOT } from "./slots";

let state: u64 = 0;
let seeded = false;

/**
 * A random number for sampling and jitter, not for secrets: SplitMix64 (Steele, Lea, Flood 2014), seeded once from
 * the host, so that a number costs no host call.
 */
export function randomU64(): u64 {
  if (!seeded) {
    store<u64>(NUMBER_SLOT, 0);
    random_get(NUMBER_SLOT, 8);
    state = load<u64>(NUMBER_SLOT);
    seeded = true;
  }
  state += 0x9e3779b97f4a7c15;
  let mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}
