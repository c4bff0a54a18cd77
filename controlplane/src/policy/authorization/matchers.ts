import type { ValueMatch } from "../../model/types.ts";
import { hashBytes, NONE } from "../format.ts";
import type { StringTable } from "../program-writer.ts";
import { Table } from "../program-writer.ts";
import { addTries, buildTrie, prefixEntry, suffixEntry, templateEntry, wildcardEntry } from "./byte-trie.ts";
import type { TrieEntry } from "./byte-trie.ts";
import type { Fact } from "./facts.ts";
import { layOut } from "./hash-table.ts";
import type { HashEntry } from "./hash-table.ts";
import { addIpTree, parseBlock } from "./ip-tree.ts";
import type { IpBlock } from "./ip-tree.ts";

/** One fact of the program and all that is ever asked of it. */
interface FactMatchers {
  readonly fact: Fact;
  present: number;
  readonly exact: Map<string, number>;
  readonly prefix: TrieEntry[];
  readonly suffix: TrieEntry[];
  readonly template: TrieEntry[];
  readonly blocks: { readonly block: IpBlock; readonly matcher: number }[];
}

/** A number for each different thing that rules ask of a fact, and the structures by which a value finds all it satisfies. */
export class Matchers {
  readonly #strings: StringTable;
  readonly #facts = new Map<string, number>();
  readonly #list: FactMatchers[] = [];
  /** By all spellings: one block of addresses has several. */
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  get count(): number {
    return this.#count;
  }

  /** The index by which the program names a fact. */
  fact(fact: Fact): number {
    const key = `${fact.kind} ${fact.name}`;
    const known = this.#facts.get(key);
    if (known !== undefined) return known;
    const index = this.#list.length;
    this.#facts.set(key, index);
    this.#list.push({ fact, present: NONE, exact: new Map(), prefix: [], suffix: [], template: [], blocks: [] });
    return index;
  }

  /** The number of a matcher; equal ones of one fact have one number. */
  matcher(fact: number, match: ValueMatch): number {
    const key = `${fact} ${match.kind} ${valueOf(match)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = match.kind === "cidr" ? this.#blockMatcher(fact, parseBlock(match.value)) : this.#next();
    this.#numbers.set(key, number);
    const of = this.#list[fact];
    if (of !== undefined && match.kind !== "cidr") register(of, match, number);
    return number;
  }

  #blockMatcher(fact: number, block: IpBlock): number {
    const key = `${fact} block ${block.version} ${block.words.join(".")}/${block.bits}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#next();
    this.#numbers.set(key, number);
    this.#list[fact]?.blocks.push({ block, matcher: number });
    return number;
  }

  #next(): number {
    this.#count += 1;
    return this.#count - 1;
  }

  /** The tables of the program: facts, exact values, tries, IP blocks; and the seed of the exact values. */
  tables(): { readonly tables: readonly Table[]; readonly seed: number } {
    const facts = new Table(8);
    const tries = new Table(5);
    const blocks = new Table(8);
    const roots: ReturnType<typeof buildTrie>[] = [];
    const root = (entries: readonly TrieEntry[], isTemplate: boolean): number =>
      entries.length === 0 ? NONE : roots.push(buildTrie(entries, isTemplate)) - 1;
    for (const { fact, present, prefix, suffix, template, blocks: given } of this.#list) {
      const name = fact.name === "" ? NONE : this.#strings.intern(fact.name);
      const trees = [4, 6].map((version) =>
        addIpTree(
          given.filter(({ block }) => block.version === version),
          blocks,
        ),
      );
      facts.add(fact.kind, name, present, root(prefix, false), root(suffix, false), root(template, true), ...trees);
    }
    addTries(roots, tries, this.#strings);
    const { table, seed } = layOut(this.#exactEntries(), 4);
    return { tables: [facts, table, tries, blocks], seed };
  }

  #exactEntries(): readonly HashEntry[] {
    const encoder = new TextEncoder();
    return this.#list.flatMap(({ exact }, fact) =>
      [...exact].map(([text, matcher]): HashEntry => {
        const bytes = encoder.encode(text);
        const string = this.#strings.internBytes(bytes);
        return {
          hash: (seed) => hashBytes(bytes, seedOf(seed, fact)),
          record: (hash) => [hash, fact, string, matcher],
        };
      }),
    );
  }
}

/** One table serves all facts: where a text begins in it depends on the fact, too. */
function seedOf(seed: number, fact: number): number {
  return (Math.imul(fact + 1, 0x9e37_79b1) ^ seed) >>> 0;
}

function valueOf(match: ValueMatch): string {
  return match.kind === "present" ? "" : match.value;
}

function register(of: FactMatchers, match: ValueMatch, number: number): void {
  if (match.kind === "present") of.present = number;
  else if (match.kind === "exact") of.exact.set(match.value, number);
  else if (match.kind === "prefix") of.prefix.push(prefixEntry(match.value, number));
  else if (match.kind === "suffix") of.suffix.push(suffixEntry(match.value, number));
  else if (match.kind === "wildcard") of.template.push(wildcardEntry(match.value, number));
  else of.template.push(templateEntry(match.value, number));
}
