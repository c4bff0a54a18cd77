/** What the golden tests call: the pure part of the filter, without a host. Not part of the module that ships. */
import { Decider } from "./decide";
import { isIdentity, takeIdentity } from "./identity";
import { FactSource, Matching } from "./matching";

export { check } from "./config";
export { portOfInboundCluster } from "./inbound-port";

/** Values stand one after the other: fact, address, length; the peer's identity for each of its facts. */
const VALUE_BYTES: usize = 12;

class GivenFacts extends FactSource {
  values: usize = 0;
  count: u32 = 0;
  /** How many facts were asked for. */
  reads: u32 = 0;

  read(fact: u32, matching: Matching): void {
    this.reads++;
    for (let i: u32 = 0; i < this.count; i++) {
      const value = this.values + <usize>i * VALUE_BYTES;
      if (load<u32>(value) != fact) continue;
      if (isIdentity(matching.kindOf(fact))) takeIdentity(matching, fact, load<u32>(value, 4), load<i32>(value, 8));
      else matching.take(fact, load<u32>(value, 4), load<i32>(value, 8));
    }
  }
}

let given: GivenFacts = new GivenFacts();
let decider: Decider | null = null;

/** Makes a program that has passed its check the one that decides. */
export function use(program: usize): void {
  __collect();
  given = new GivenFacts();
  decider = new Decider(program, given);
}

/** The decision about a request with these facts. */
export function decide(values: usize, count: u32): i32 {
  begin(values, count);
  return decider!.decide();
}

/** The rule of a section that matches a request with these facts, or -1. */
export function match(action: u32, values: usize, count: u32): i32 {
  begin(values, count);
  return decider!.firstOf(action);
}

export function allowedBy(): i32 {
  return decider!.allowedBy;
}

export function reads(): u32 {
  return given.reads;
}

function begin(values: usize, count: u32): void {
  given.values = values;
  given.count = count;
  given.reads = 0;
  decider!.begin();
}

export function allocate(size: usize): usize {
  return heap.alloc(size);
}

export function release(at: usize): void {
  heap.free(at);
}
