import { BAD_REFERENCE, BAD_VALUE, NONE, OK, rangeFits, tableAt, tableCount } from "../common/program";
import {
  ANY,
  BLOCK_BYTES,
  BLOCKS,
  EDGE_BYTES,
  EDGES,
  EXACT,
  EXACT_BYTES,
  FACTS,
  IS_RULE,
  MATCHER_COUNT,
  MAX_DEPTH,
  NODE_BYTES,
  NODES,
  POSTINGS,
  RULES,
  SECTION_BYTES,
  SECTIONS,
  STRINGS,
  TRIE_BYTES,
  TRIES,
} from "./layout";

const MAX_BITS: u32 = 128;

/** The structures by which values and rules are found: every walk of theirs ends, and meets no node twice. */
export function checkIndex(program: usize): i32 {
  let reason = checkExact(program);
  if (reason == OK) reason = checkTries(program);
  if (reason == OK) reason = checkBlocks(program);
  return reason == OK ? checkNodes(program) : reason;
}

function checkExact(program: usize): i32 {
  const count = tableCount(program, EXACT);
  if (!isPowerOfTwo(count)) return BAD_VALUE;
  const strings = tableCount(program, STRINGS);
  const matchers = load<u32>(program + MATCHER_COUNT);
  let slot = tableAt(program, EXACT);
  for (let i: u32 = 0; i < count; i++, slot += EXACT_BYTES) {
    const matcher = load<u32>(slot, 12);
    if (matcher != NONE && (matcher >= matchers || load<u32>(slot, 8) >= strings)) return BAD_REFERENCE;
  }
  return OK;
}

export function isIndexOrNone(index: u32, count: u32): bool {
  return index == NONE || index < count;
}

function isPowerOfTwo(count: u32): bool {
  return popcnt(count) == 1;
}

/** Children follow one another in the order of their parents: so each node but the roots has one, which comes before it. */
function checkTries(program: usize): i32 {
  const count = tableCount(program, TRIES);
  const strings = tableCount(program, STRINGS);
  const matchers = load<u32>(program + MATCHER_COUNT);
  let node = tableAt(program, TRIES);
  let next: u32 = count == 0 ? 0 : load<u32>(node, 12);
  for (let i: u32 = 0; i < count; i++, node += TRIE_BYTES) {
    if ((load<u32>(node) & 0xff) > ANY) return BAD_VALUE;
    if (load<u32>(node, 4) >= strings || !isIndexOrNone(load<u32>(node, 8), matchers)) return BAD_REFERENCE;
    const children = load<u32>(node, 16);
    if (load<u32>(node, 12) != next || next <= i || !rangeFits(next, children, count)) return BAD_REFERENCE;
    next += children;
  }
  return next == count ? OK : BAD_REFERENCE;
}

function checkBlocks(program: usize): i32 {
  const count = tableCount(program, BLOCKS);
  const matchers = load<u32>(program + MATCHER_COUNT);
  let block = tableAt(program, BLOCKS);
  for (let i: u32 = 0; i < count; i++, block += BLOCK_BYTES) {
    if (load<u32>(block) > MAX_BITS) return BAD_VALUE;
    if (!isIndexOrNone(load<u32>(block, 20), matchers)) return BAD_REFERENCE;
    for (let child: usize = 24; child <= 28; child += 4) {
      const index = load<u32>(block + child);
      if (index != NONE && (index <= i || index >= count)) return BAD_REFERENCE;
    }
  }
  return OK;
}

function checkNodes(program: usize): i32 {
  const count = tableCount(program, NODES);
  const seen = new StaticArray<u8>(count);
  const nodes = tableAt(program, NODES);
  let section = tableAt(program, SECTIONS);
  for (let i: u32 = 0, sections = tableCount(program, SECTIONS); i < sections; i++, section += SECTION_BYTES) {
    if (!isNew(seen, load<u32>(section, 4)) || depthOf(nodes, load<u32>(section, 4)) != 0) return BAD_REFERENCE;
  }
  for (let i: u32 = 0; i < count; i++) {
    const node = nodes + <usize>i * NODE_BYTES;
    if (load<u32>(node, 16) > MAX_DEPTH) return BAD_VALUE;
    if (!isIndexOrNone(load<u32>(node), tableCount(program, FACTS))) return BAD_REFERENCE;
    if (!rangeFits(load<u32>(node, 4), load<u32>(node, 8), tableCount(program, POSTINGS))) return BAD_REFERENCE;
    const rest = load<u32>(node, 12);
    if (rest == NONE) continue;
    if (rest <= i || rest >= count || !isNew(seen, rest)) return BAD_REFERENCE;
    if (depthOf(nodes, rest) != depthOf(nodes, i)) return BAD_REFERENCE;
  }
  return checkEdges(program, seen);
}

function checkEdges(program: usize, seen: StaticArray<u8>): i32 {
  const count = tableCount(program, EDGES);
  if (!isPowerOfTwo(count)) return BAD_VALUE;
  const nodes = tableAt(program, NODES);
  const nodeCount = tableCount(program, NODES);
  let edge = tableAt(program, EDGES);
  for (let i: u32 = 0; i < count; i++, edge += EDGE_BYTES) {
    const target = load<u32>(edge, 8);
    if (target == NONE) continue;
    if ((target & IS_RULE) != 0) {
      if ((target ^ IS_RULE) >= tableCount(program, RULES)) return BAD_REFERENCE;
      continue;
    }
    const node = load<u32>(edge);
    if (node >= nodeCount || target <= node || target >= nodeCount || !isNew(seen, target)) return BAD_REFERENCE;
    if (depthOf(nodes, target) != depthOf(nodes, node) + 1) return BAD_REFERENCE;
  }
  return OK;
}

function depthOf(nodes: usize, node: u32): u32 {
  return load<u32>(nodes + <usize>node * NODE_BYTES, 16);
}

/** Whether a node is referred to for the first time. */
function isNew(seen: StaticArray<u8>, node: u32): bool {
  if (seen[node] != 0) return false;
  seen[node] = 1;
  return true;
}
