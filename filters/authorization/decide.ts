import { NONE, tableAt, tableCount } from "../common/program";
import { hashPair } from "./hash";
import {
  ALLOW,
  CLAUSE_BYTES,
  CLAUSES,
  CUSTOM,
  DENY,
  EDGE_BYTES,
  EDGE_SEED,
  EDGES,
  FACT_MASK,
  IS_RULE,
  MAX_PROBES,
  NEGATED,
  NODE_BYTES,
  NODES,
  POSTINGS,
  RULE_BYTES,
  RULES,
  SECTION_BYTES,
  SECTIONS,
  TERM_BYTES,
  TERM_MATCHERS,
  TERMS,
} from "./layout";
import { FactSource, Matching } from "./matching";

/** A decision is one of these two, or the index of the rule that denies. */
export const ALLOWED: i32 = -1;
export const DENIED_BY_DEFAULT: i32 = -2;

/** A term with more matchers than that is looked through by what the request satisfies. */
const FEW: u32 = 4;

/** Decides by one program, which has passed `check`. */
export class Decider {
  readonly matching: Matching;
  /** The ALLOW rule by which the last request passed, or -1. */
  allowedBy: i32 = -1;

  constructor(
    readonly program: usize,
    source: FactSource,
  ) {
    this.matching = new Matching(program, source);
  }

  /** Another request: to be called before the sections are asked. */
  begin(): void {
    this.matching.begin();
  }

  /**
   * Istio's order: a CUSTOM rule whose provider is not there denies, as a DENY rule does; then, where there is an ALLOW
   * policy at all, one of its rules has to match.
   */
  decide(): i32 {
    this.allowedBy = -1;
    let rule = this.firstOf(CUSTOM);
    if (rule < 0) rule = this.firstOf(DENY);
    if (rule >= 0) return rule;
    if (!this.has(ALLOW)) return ALLOWED;
    this.allowedBy = this.anyOf(ALLOW);
    return this.allowedBy >= 0 ? ALLOWED : DENIED_BY_DEFAULT;
  }

  has(action: u32): bool {
    return this.rootOf(action) != NONE;
  }

  /** The first rule of a section that matches the request, in the order of identities; -1 where none does. */
  firstOf(action: u32): i32 {
    return this.find(action, false);
  }

  /** Some rule of a section that matches; -1 where none does. */
  anyOf(action: u32): i32 {
    return this.find(action, true);
  }

  private find(action: u32, any: bool): i32 {
    const root = this.rootOf(action);
    return root == NONE ? -1 : <i32>this.search(root, NONE, any);
  }

  private rootOf(action: u32): u32 {
    let section = tableAt(this.program, SECTIONS);
    for (let i: u32 = 0, count = tableCount(this.program, SECTIONS); i < count; i++, section += SECTION_BYTES) {
      if (load<u32>(section) == action) return load<u32>(section, 4);
    }
    return NONE;
  }

  /** The lowest rule below a node that matches and is lower than `best`, else `best`; with `any` the first one met. */
  private search(node: u32, best: u32, any: bool): u32 {
    while (node != NONE) {
      const record = tableAt(this.program, NODES) + <usize>node * NODE_BYTES;
      best = this.searchList(load<u32>(record, 4), load<u32>(record, 8), best);
      if (any && best != NONE) return best;
      const fact = load<u32>(record);
      if (fact != NONE) {
        const start = this.matching.startOf(fact);
        for (let i = start, end = start + this.matching.countOf(fact); i < end; i++) {
          best = this.follow(node, this.matching.hits.at(i), best, any);
          if (any && best != NONE) return best;
        }
      }
      node = load<u32>(record, 12);
    }
    return best;
  }

  private searchList(first: u32, count: u32, best: u32): u32 {
    const postings = tableAt(this.program, POSTINGS) + <usize>first * 4;
    for (let i: u32 = 0; i < count; i++) {
      const rule = load<u32>(postings + <usize>i * 4);
      if (rule >= best) return best;
      if (this.ruleMatches(rule)) return rule;
    }
    return best;
  }

  private follow(node: u32, matcher: u32, best: u32, any: bool): u32 {
    const target = this.target(node, matcher);
    if (target == NONE) return best;
    if ((target & IS_RULE) == 0) return this.search(target, best, any);
    const rule = target ^ IS_RULE;
    return rule < best && this.ruleMatches(rule) ? rule : best;
  }

  private target(node: u32, matcher: u32): u32 {
    const mask = tableCount(this.program, EDGES) - 1;
    let slot = hashPair(node, matcher, load<u32>(this.program + EDGE_SEED)) & mask;
    for (let probes: u32 = 0; probes < MAX_PROBES; probes++, slot = (slot + 1) & mask) {
      const edge = tableAt(this.program, EDGES) + <usize>slot * EDGE_BYTES;
      const target = load<u32>(edge, 8);
      if (target == NONE || (load<u32>(edge) == node && load<u32>(edge, 4) == matcher)) return target;
    }
    return NONE;
  }

  private ruleMatches(rule: u32): bool {
    const record = tableAt(this.program, RULES) + <usize>rule * RULE_BYTES;
    return (
      this.someClause(load<u32>(record, 16), load<u32>(record, 20)) &&
      this.someClause(load<u32>(record, 8), load<u32>(record, 12)) &&
      this.allTerms(load<u32>(record, 24), load<u32>(record, 28))
    );
  }

  /** One of the clauses; none at all ask nothing. */
  private someClause(first: u32, count: u32): bool {
    let clause = tableAt(this.program, CLAUSES) + <usize>first * CLAUSE_BYTES;
    for (let i: u32 = 0; i < count; i++, clause += CLAUSE_BYTES) {
      if (this.allTerms(load<u32>(clause), load<u32>(clause, 4))) return true;
    }
    return count == 0;
  }

  private allTerms(first: u32, count: u32): bool {
    let term = tableAt(this.program, TERMS) + <usize>first * TERM_BYTES;
    for (let i: u32 = 0; i < count; i++, term += TERM_BYTES) {
      const head = load<u32>(term);
      const negated = (head & NEGATED) != 0;
      if (this.someMatcher(head & FACT_MASK, load<u32>(term, 4), load<u32>(term, 8)) == negated) return false;
    }
    return true;
  }

  private someMatcher(fact: u32, first: u32, count: u32): bool {
    const start = this.matching.startOf(fact);
    const hits = this.matching.hits;
    const matchers = tableAt(this.program, TERM_MATCHERS) + <usize>first * 4;
    if (count <= FEW) {
      for (let i: u32 = 0; i < count; i++) {
        if (hits.has(load<u32>(matchers + <usize>i * 4))) return true;
      }
      return false;
    }
    for (let i = start, end = start + this.matching.countOf(fact); i < end; i++) {
      if (isAmong(matchers, count, hits.at(i))) return true;
    }
    return false;
  }
}

/** Whether a number is one of some sorted ones. */
function isAmong(numbers: usize, count: u32, wanted: u32): bool {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(numbers + <usize>middle * 4) < wanted) low = middle + 1;
    else high = middle;
  }
  return low < count && load<u32>(numbers + <usize>low * 4) == wanted;
}
