import { sameBytes } from "../common/bytes";
import { NONE, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { Hits } from "./hits";
import { ANY, SEGMENT, STRINGS, TEXT, TRIE_BYTES, TRIES } from "./layout";

const SLASH: u8 = 47;

/** All prefixes in the trie that a value begins with. */
export function findPrefixes(program: usize, root: u32, at: usize, length: i32, hits: Hits): void {
  let done = 0;
  for (let node = nodeAt(program, root); ;) {
    if (load<u32>(node, 8) != NONE) hits.add(load<u32>(node, 8));
    if (done == length) return;
    node = textChild(program, node, load<u8>(at + done));
    if (node == 0) return;
    const text = stringAt(program, STRINGS, load<u32>(node, 4));
    const size = stringLength(program, STRINGS, load<u32>(node, 4));
    if (size > length - done || !sameBytes(at + done, text, size)) return;
    done += size;
  }
}

/**
 * All suffixes in the trie that a value ends with, of those that begin between `from` and `good`: what stands before
 * `from` is used up, and what stands between must not be what is bad at `good`.
 */
export function findSuffixes(
  program: usize,
  root: usize,
  at: usize,
  length: i32,
  from: i32,
  good: i32,
  hits: Hits,
): void {
  let end = length;
  for (let node = root; ;) {
    if (end <= good && load<u32>(node, 8) != NONE) hits.add(load<u32>(node, 8));
    if (end <= from) return;
    node = textChild(program, node, load<u8>(at + end - 1));
    if (node == 0) return;
    const text = stringAt(program, STRINGS, load<u32>(node, 4));
    const size = stringLength(program, STRINGS, load<u32>(node, 4));
    if (size > end - from || !sameBackwards(at + end, text, size)) return;
    end -= size;
  }
}

export function nodeAt(program: usize, node: u32): usize {
  return tableAt(program, TRIES) + <usize>node * TRIE_BYTES;
}

function sameBackwards(end: usize, text: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (load<u8>(end - 1 - i) != load<u8>(text + i)) return false;
  }
  return true;
}

/** The child whose label begins with a byte, or 0. Children are sorted by it, operators before all text. */
function textChild(program: usize, node: usize, byte: u8): usize {
  const first = nodeAt(program, load<u32>(node, 12));
  let low: u32 = 0;
  let high = load<u32>(node, 16);
  const wanted = ((<u32>byte) << 8) | TEXT;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const child = first + <usize>middle * TRIE_BYTES;
    if (load<u8>(child) != TEXT || load<u32>(child) < wanted) low = middle + 1;
    else high = middle;
  }
  const child = first + <usize>low * TRIE_BYTES;
  return low < load<u32>(node, 16) && load<u32>(child) == wanted ? child : 0;
}

/** Walks templates: each node of the trie is met at most once, so that a stack of its size has room for what waits. */
export class TemplateWalk {
  private nodes: StaticArray<usize>;
  private places: StaticArray<i32>;
  private waiting: i32 = 0;

  constructor(private program: usize) {
    this.nodes = new StaticArray<usize>(tableCount(program, TRIES));
    this.places = new StaticArray<i32>(tableCount(program, TRIES));
  }

  /** All templates in the trie that a whole path matches. */
  find(root: u32, path: usize, length: i32, hits: Hits): void {
    this.push(nodeAt(this.program, root), 0);
    while (this.waiting > 0) {
      this.waiting--;
      this.step(unchecked(this.nodes[this.waiting]), unchecked(this.places[this.waiting]), path, length, hits);
    }
  }

  /** A node has been reached, and the path up to `done` is used up. */
  private step(node: usize, done: i32, path: usize, length: i32, hits: Hits): void {
    if (done == length && load<u32>(node, 8) != NONE) hits.add(load<u32>(node, 8));
    const first = nodeAt(this.program, load<u32>(node, 12));
    const count = load<u32>(node, 16);
    for (let i: u32 = 0; i < count && i < 2; i++) {
      const child = first + <usize>i * TRIE_BYTES;
      const kind = load<u8>(child);
      if (kind == SEGMENT) {
        const end = done + segmentLength(path + done, length - done);
        if (end > done) this.push(child, end);
      } else if (kind == ANY) {
        this.findEnds(child, done, path, length, hits);
      }
    }
    if (done == length) return;
    const child = textChild(this.program, node, load<u8>(path + done));
    if (child == 0) return;
    const text = stringAt(this.program, STRINGS, load<u32>(child, 4));
    const size = stringLength(this.program, STRINGS, load<u32>(child, 4));
    if (size <= length - done && sameBytes(path + done, text, size)) this.push(child, done + size);
  }

  /** Behind `{**}` stands plain text, up to which all bytes have to be ones that paths are made of. */
  private findEnds(node: usize, from: i32, path: usize, length: i32, hits: Hits): void {
    findSuffixes(this.program, node, path, length, from, from + pathLength(path + from, length - from), hits);
  }

  private push(node: usize, place: i32): void {
    unchecked((this.nodes[this.waiting] = node));
    unchecked((this.places[this.waiting] = place));
    this.waiting++;
  }
}

function segmentLength(at: usize, length: i32): i32 {
  let i = 0;
  while (i < length && isSegmentByte(load<u8>(at + i))) i++;
  return i;
}

function pathLength(at: usize, length: i32): i32 {
  let i = 0;
  while (i < length && (load<u8>(at + i) == SLASH || isSegmentByte(load<u8>(at + i)))) i++;
  return i;
}

/** Letters, digits and -._~%!$&'()+,;:@= as in Envoy's URI templates: no other character is matched by an operator. */
function isSegmentByte(byte: u8): bool {
  if ((byte | 0x20) - 97 < 26 || byte - 48 < 10) return true;
  if (byte - 36 < 11) return byte != 42; // $ % & ' ( ) + , - . but not *
  return byte == 33 || byte == 58 || byte == 59 || byte == 61 || byte == 64 || byte == 95 || byte == 126;
}
