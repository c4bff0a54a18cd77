/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
import { Interner } from "../common/interner";
import { Combinations } from "./combinations";
import { check } from "./config";
import { writeMetricName } from "./decide";
import { isEnabled } from "./decide";
import { fillInputs, fillOverflow } from "./labels";
import { writeResponseFlags } from "./response-flags";

export { check, isEnabled, writeResponseFlags };

const KEY_WORDS: i32 = 10 + 32;
const identities = new Interner(20_000, 512);
const factValues = new Interner(20_000, 512);
const combinations = new Combinations(1, 1000);

export function allocate(size: usize): usize {
  return heap.alloc(size);
}

export function identify(at: usize, length: i32): u32 {
  return identities.intern(at, length);
}

export function internFact(at: usize, length: i32): u32 {
  return factValues.intern(at, length);
}

export function findCombination(word: u32): i32 {
  const key = new StaticArray<u32>(1);
  key[0] = word;
  return combinations.find(changetype<usize>(key));
}

/** Writes the name of a metric for a key of KEY_WORDS words at `words`. */
export function metricName(program: usize, metric: i32, words: usize, to: usize, capacity: i32): i32 {
  const key = new StaticArray<u32>(KEY_WORDS);
  memory.copy(changetype<usize>(key), words, KEY_WORDS * 4);
  fillInputs(program, key, identities, factValues);
  return writeMetricName(program, metric, to, capacity);
}

export function overflowName(program: usize, metric: i32, to: usize, capacity: i32): i32 {
  fillOverflow(program);
  return writeMetricName(program, metric, to, capacity);
}
