import { hashPair, NONE } from "../format.ts";
import { Table } from "../program-writer.ts";
import { layOut } from "./hash-table.ts";
import type { HashEntry } from "./hash-table.ts";

/** Something that must hold for a rule, and by which it can be found: one of these matchers of one fact. */
export interface Key {
  readonly fact: number;
  readonly matchers: readonly number[];
  /** What asking for the fact costs, and how many requests satisfy such a matcher: the smaller, the better the key. */
  readonly cost: number;
}

/** A rule and its access paths: for each, one of its keys holds whenever the rule matches, of each alternative one. */
export interface IndexedRule {
  readonly rule: number;
  readonly paths: readonly (readonly (readonly Key[])[])[];
}

/** Set in the target of an edge that is a rule and not a node. */
export const IS_RULE = 0x8000_0000;

/** Lists as short as this are walked. */
const SHORT = 3;
/** Place of a node's `rest` in its record. */
const REST = 3;
const MAX_DEPTH = 6;
/** A rule that stands in more places than that is not split further. */
const MAX_PLACES = 16;

/**
 * Finds rules by what a request satisfies. A node looks at one fact: each matcher of it that the request satisfies
 * leads to a node, or to the only rule, below; the rules that do not ask for that fact are in the node's `rest`. What no
 * key tells apart is a list. So a request meets only rules of which it satisfies the rarest thing that they ask for.
 */
export class RuleIndex {
  /** Fact (or NONE), first posting, number of postings, rest (node or NONE), depth. */
  readonly nodes = new Table(5);
  readonly postings = new Table(1);
  readonly #edges: HashEntry[] = [];
  #places = 0;
  #rules = 0;

  /** Adds the index of some rules, which are sorted; returns its root. */
  add(rules: readonly IndexedRule[]): number {
    this.#rules += rules.length;
    return this.#node(rules, new Set(), 0);
  }

  /** Edges: (node, matcher) to target. */
  edges(): { readonly table: Table; readonly seed: number } {
    return layOut(this.#edges, 3);
  }

  #node(rules: readonly IndexedRule[], used: ReadonlySet<number>, depth: number): number {
    const isDone = depth === MAX_DEPTH || (depth > 0 && (rules.length <= SHORT || this.#isFull()));
    const { groups, walked } = isDone ? { groups: [], walked: rules } : groupByFact(rules, used);
    return this.#chain(groups, walked, used, depth);
  }

  /** A node for each fact that rules are found by, the one behind the other; the last has the rules that are walked. */
  #chain(
    groups: readonly (readonly [fact: number, entries: Entries])[],
    walked: readonly IndexedRule[],
    used: ReadonlySet<number>,
    depth: number,
  ): number {
    const chain = groups.length === 0 ? [[NONE, new Map<number, IndexedRule[]>()] as const] : groups;
    let first: number | undefined;
    let last: number | undefined;
    for (const [index, [fact, entries]] of chain.entries()) {
      const list = index === chain.length - 1 ? walked : [];
      const node = this.nodes.add(fact, this.postings.count, list.length, NONE, depth);
      if (last !== undefined) this.nodes.words[last * this.nodes.recordWords + REST] = node;
      for (const { rule } of list) this.postings.add(rule);
      this.#addEdges(node, entries, new Set([...used, fact]), depth);
      first ??= node;
      last = node;
    }
    return first ?? NONE;
  }

  #addEdges(node: number, entries: Entries, used: ReadonlySet<number>, depth: number): void {
    for (const [matcher, rules] of entries) {
      this.#places += rules.length;
      const [only] = rules;
      const target =
        rules.length === 1 && only !== undefined ? (only.rule | IS_RULE) >>> 0 : this.#node(rules, used, depth + 1);
      this.#edges.push({ hash: (seed) => hashPair(node, matcher, seed), record: () => [node, matcher, target] });
    }
  }

  #isFull(): boolean {
    return this.#places > MAX_PLACES * this.#rules;
  }
}

/** The rules under each matcher of one fact. */
type Entries = Map<number, IndexedRule[]>;

/** The rules by their best keys, by fact; and those that have none, which are walked. */
function groupByFact(
  rules: readonly IndexedRule[],
  used: ReadonlySet<number>,
): {
  readonly groups: readonly (readonly [fact: number, entries: Entries])[];
  readonly walked: readonly IndexedRule[];
} {
  const frequency = frequencies(rules, used);
  const groups = new Map<number, Entries>();
  const walked: IndexedRule[] = [];
  for (const rule of rules) {
    const keys = choose(rule.paths, used, frequency);
    if (keys === undefined) walked.push(rule);
    for (const { fact, matchers } of keys ?? []) {
      const entries = groups.get(fact) ?? new Map<number, IndexedRule[]>();
      groups.set(fact, entries);
      for (const matcher of matchers) {
        const list = entries.get(matcher);
        if (list === undefined) entries.set(matcher, [rule]);
        else if (list.at(-1) !== rule) list.push(rule);
      }
    }
  }
  return { groups: [...groups].toSorted(([a], [b]) => a - b), walked };
}

/** How many rules each matcher could be a key of. */
function frequencies(rules: readonly IndexedRule[], used: ReadonlySet<number>): ReadonlyMap<number, number> {
  const count = new Map<number, number>();
  for (const { paths } of rules)
    for (const path of paths)
      for (const keys of path)
        for (const { fact, matchers } of keys)
          if (!used.has(fact)) for (const matcher of matchers) count.set(matcher, (count.get(matcher) ?? 0) + 1);
  return count;
}

/** The keys of a rule's best access path: of each alternative the one that is satisfied most rarely. */
function choose(
  paths: IndexedRule["paths"],
  used: ReadonlySet<number>,
  frequency: ReadonlyMap<number, number>,
): readonly Key[] | undefined {
  let best: readonly Key[] | undefined;
  let bestCost = Infinity;
  for (const alternatives of paths) {
    const keys: Key[] = [];
    let cost = 0;
    for (const alternative of alternatives) {
      const [key, keyCost] = cheapest(alternative, used, frequency);
      if (key !== undefined) keys.push(key);
      cost = key === undefined ? Infinity : Math.max(cost, keyCost);
    }
    if (cost < bestCost) [best, bestCost] = [keys, cost];
  }
  return best;
}

function cheapest(
  keys: readonly Key[],
  used: ReadonlySet<number>,
  frequency: ReadonlyMap<number, number>,
): readonly [key: Key | undefined, cost: number] {
  let best: Key | undefined;
  let bestCost = Infinity;
  for (const key of keys) {
    if (used.has(key.fact)) continue;
    const rules = key.matchers.reduce((most, matcher) => Math.max(most, frequency.get(matcher) ?? 0), 0);
    if (key.cost + rules < bestCost) [best, bestCost] = [key, key.cost + rules];
  }
  return [best, bestCost];
}
