import { indexOfByte, lowerCase, sameBytes } from "../common/bytes";
import { NONE, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { findPrefixes, findSuffixes, nodeAt, TemplateWalk } from "./byte-trie";
import { hashText } from "./hash";
import { Hits } from "./hits";
import { ADDRESS_WORDS, parseAddress } from "./ip-address";
import { findBlocks } from "./ip-tree";
import {
  DESTINATION_IP,
  EXACT,
  EXACT_BYTES,
  EXACT_SEED,
  FACT_BYTES,
  FACT_IPV4,
  FACT_IPV6,
  FACT_PREFIXES,
  FACT_PRESENT,
  FACT_SUFFIXES,
  FACT_TEMPLATES,
  FACTS,
  HEADER,
  HOST,
  MATCHER_COUNT,
  MAX_PROBES,
  METHOD,
  PRINCIPAL,
  SOURCE_IP,
  STRINGS,
} from "./layout";

const UNREAD: i32 = -1;

/** Where facts come from: the host of the filter, or a test. */
export abstract class FactSource {
  /** Gives the values of a fact to `matching.take`: none where the fact is absent, several where it is a list. */
  abstract read(fact: u32, matching: Matching): void;
}

/** What the request at hand satisfies. Each fact is read once, and only if the decision comes to it. */
export class Matching {
  readonly hits: Hits;
  private templates: TemplateWalk;
  /** For each fact where its hits begin, or UNREAD, and how many they are. */
  private starts: StaticArray<i32>;
  private counts: StaticArray<i32>;
  private lower: StaticArray<u8> = new StaticArray<u8>(256);
  private address: StaticArray<u32> = new StaticArray<u32>(ADDRESS_WORDS);

  /** `program` has passed `check`. */
  constructor(
    readonly program: usize,
    private source: FactSource,
  ) {
    const facts = tableCount(program, FACTS);
    this.hits = new Hits(load<u32>(program + MATCHER_COUNT));
    this.templates = new TemplateWalk(program);
    this.starts = new StaticArray<i32>(facts).fill(UNREAD);
    this.counts = new StaticArray<i32>(facts);
  }

  /** Another request. */
  begin(): void {
    this.hits.clear();
    this.starts.fill(UNREAD);
  }

  /** Where the fact's hits begin in `hits`. */
  startOf(fact: u32): i32 {
    const start = unchecked(this.starts[fact]);
    return start == UNREAD ? this.load(fact) : start;
  }

  /** How many hits the fact has; after `startOf`. */
  countOf(fact: u32): i32 {
    return unchecked(this.counts[fact]);
  }

  private load(fact: u32): i32 {
    const start = this.hits.count;
    this.source.read(fact, this);
    unchecked((this.starts[fact] = start));
    unchecked((this.counts[fact] = this.hits.count - start));
    return start;
  }

  kindOf(fact: u32): u32 {
    return load<u32>(this.recordOf(fact));
  }

  /** Whether some rule asks if the fact is there at all. */
  asksPresence(fact: u32): bool {
    return load<u32>(this.recordOf(fact), FACT_PRESENT) != NONE;
  }

  /** A value of the fact that is being read. */
  take(fact: u32, at: usize, length: i32): void {
    const record = this.recordOf(fact);
    const kind = load<u32>(record);
    if (kind >= SOURCE_IP && kind <= DESTINATION_IP) {
      this.takeAddress(record, at, length);
      return;
    }
    const present = load<u32>(record, FACT_PRESENT);
    if (present != NONE && (length > 0 || isPresentWhenEmpty(kind))) this.hits.add(present);
    const text = kind == HOST ? this.lowered(at, length) : at;
    this.takeExact(fact, text, length);
    this.takeParts(record, text, length);
  }

  private recordOf(fact: u32): usize {
    return tableAt(this.program, FACTS) + <usize>fact * FACT_BYTES;
  }

  private takeExact(fact: u32, at: usize, length: i32): void {
    const program = this.program;
    const hash = hashText(at, length, ((fact + 1) * 0x9e3779b1) ^ load<u32>(program + EXACT_SEED));
    const mask = tableCount(program, EXACT) - 1;
    let slot = hash & mask;
    for (let probes: u32 = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const record = tableAt(program, EXACT) + <usize>slot * EXACT_BYTES;
      const matcher = load<u32>(record, 12);
      if (matcher == NONE) return;
      if (load<u32>(record) != hash || load<u32>(record, 4) != fact) continue;
      const text = load<u32>(record, 8);
      if (stringLength(program, STRINGS, text) != length) continue;
      if (!sameBytes(at, stringAt(program, STRINGS, text), length)) continue;
      this.hits.add(matcher);
      return;
    }
  }

  private takeParts(record: usize, at: usize, length: i32): void {
    const prefixes = load<u32>(record, FACT_PREFIXES);
    if (prefixes != NONE) findPrefixes(this.program, prefixes, at, length, this.hits);
    const suffixes = load<u32>(record, FACT_SUFFIXES);
    if (suffixes != NONE) findSuffixes(this.program, nodeAt(this.program, suffixes), at, length, 0, length, this.hits);
    const templates = load<u32>(record, FACT_TEMPLATES);
    if (templates != NONE) this.templates.find(templates, at, length, this.hits);
  }

  private takeAddress(record: usize, at: usize, length: i32): void {
    const address = changetype<usize>(this.address);
    const version = parseAddress(at, length, address);
    if (version == 4) findBlocks(this.program, load<u32>(record, FACT_IPV4), address, 1, this.hits);
    if (version == 6) findBlocks(this.program, load<u32>(record, FACT_IPV6), address, 4, this.hits);
  }

  private lowered(at: usize, length: i32): usize {
    if (this.lower.length < length) this.lower = new StaticArray<u8>(length);
    const to = changetype<usize>(this.lower);
    for (let i = 0; i < length; i++) store<u8>(to + i, lowerCase(load<u8>(at + i)));
    return to;
  }
}

/** Istio's `*` asks for a character, but of these only that they are there. */
function isPresentWhenEmpty(kind: u32): bool {
  return kind == METHOD || kind == HOST || kind == HEADER || kind == PRINCIPAL;
}

const QUESTION_MARK: u8 = 63;
const HASH: u8 = 35;

/** How much of a request's path is neither query nor fragment. */
export function lengthWithoutQuery(at: usize, length: i32): i32 {
  return indexOfByte(at, indexOfByte(at, length, QUESTION_MARK), HASH);
}
