import { NONE } from "../format.ts";
import type { StringTable, Table } from "../program-writer.ts";

/** A text to be found, as the bytes along which the trie is walked. */
export interface TrieEntry {
  readonly bytes: Uint8Array;
  readonly matcher: number;
}

/** Kinds of nodes: text that is compared, one segment (`{*}`), any number of path bytes (`{**}`). */
export const TrieNode = { text: 0, segment: 1, any: 2 } as const;

/** In templates these bytes stand for the operators; a template's own text has no such bytes. */
const SEGMENT = 1;
const ANY = 2;

interface Node {
  readonly kind: number;
  readonly label: Uint8Array;
  readonly matcher: number;
  readonly children: readonly Node[];
}

const encoder = new TextEncoder();

export function prefixEntry(text: string, matcher: number): TrieEntry {
  return { bytes: encoder.encode(text), matcher };
}

/** Suffixes are walked from the end of a value. */
export function suffixEntry(text: string, matcher: number): TrieEntry {
  return { bytes: encoder.encode(text).toReversed(), matcher };
}

/** What follows `{**}` is plain text, and is walked from the end of a path. */
export function templateEntry(template: string, matcher: number): TrieEntry {
  const [head = "", tail] = template.split("{**}");
  const front = encoder.encode(head.replaceAll("{*}", String.fromCharCode(SEGMENT)));
  if (tail === undefined) return { bytes: front, matcher };
  return { bytes: Uint8Array.from([...front, ANY, ...encoder.encode(tail).toReversed()]), matcher };
}

/**
 * `abc*xyz` as a template: the text before its star, any bytes of those that identities are made of, and the text behind it,
 * which begins where the first has ended at the earliest. Neither text has bytes that stand for operators.
 */
export function wildcardEntry(wildcard: string, matcher: number): TrieEntry {
  return templateEntry(wildcard.replace("*", "{**}"), matcher);
}

/** The trie of some texts, all different; `isTemplate` gives the operators' bytes their meaning. */
export function buildTrie(entries: readonly TrieEntry[], isTemplate: boolean): Node {
  const sorted = entries.toSorted((a, b) => compareBytes(a.bytes, b.bytes));
  const empty = sorted[0]?.bytes.length === 0 ? sorted[0].matcher : undefined;
  const rest = empty === undefined ? sorted : sorted.slice(1);
  return {
    kind: TrieNode.text,
    label: new Uint8Array(),
    matcher: empty ?? NONE,
    children: childrenOf(rest, 0, isTemplate),
  };
}

/** Entries are sorted and longer than `depth`, up to which they are the same. */
function childrenOf(entries: readonly TrieEntry[], depth: number, isTemplate: boolean): readonly Node[] {
  const children: Node[] = [];
  for (let from = 0; from < entries.length;) {
    const byte = entries[from]?.bytes[depth] ?? 0;
    let to = from + 1;
    while (to < entries.length && entries[to]?.bytes[depth] === byte) to += 1;
    children.push(nodeOf(entries.slice(from, to), depth, isTemplate));
    from = to;
  }
  return children;
}

function nodeOf(group: readonly TrieEntry[], depth: number, isTemplate: boolean): Node {
  const [first] = group;
  const bytes = first?.bytes ?? new Uint8Array();
  const byte = bytes[depth] ?? 0;
  const operator = isTemplate && (byte === SEGMENT || byte === ANY) ? byte : undefined;
  const end = operator === undefined ? labelEnd(group, depth, isTemplate) : depth + 1;
  const ends = bytes.length === end;
  return {
    kind: operator === SEGMENT ? TrieNode.segment : operator === ANY ? TrieNode.any : TrieNode.text,
    label: operator === undefined ? bytes.slice(depth, end) : new Uint8Array(),
    matcher: ends && first ? first.matcher : NONE,
    children: childrenOf(ends ? group.slice(1) : group, end, isTemplate),
  };
}

/** How far all of a group are the same: the first and the last of a sorted group differ first. */
function labelEnd(group: readonly TrieEntry[], depth: number, isTemplate: boolean): number {
  const first = group[0]?.bytes ?? new Uint8Array();
  const last = group.at(-1)?.bytes ?? first;
  const lastOperator = isTemplate ? ANY : -1;
  let end = depth + 1;
  while (end < first.length && first[end] === last[end] && (first[end] ?? 0) > lastOperator) end += 1;
  return end;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * Appends tries to a table, all roots first and then level by level: so the children of each node stand together,
 * right behind those of the node before it, and a reader sees at once that no node has two parents.
 */
export function addTries(roots: readonly Node[], table: Table, strings: StringTable): void {
  let next = roots.length;
  for (let level = roots; level.length > 0; level = level.flatMap(({ children }) => children)) {
    for (const { kind, label, matcher, children } of level) {
      const byte = label[0] ?? 0;
      const text = strings.internBytes(label);
      table.add(kind | (byte << 8), text, matcher, next, children.length);
      next += children.length;
    }
  }
}
