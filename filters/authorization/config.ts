import {
  AUTHORIZATION,
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  NONE,
  OK,
  rangeFits,
  stringsFit,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
} from "../common/program";
import { checkIndex, isIndexOrNone } from "./check-index";
import {
  ALLOW,
  BLOCK_BYTES,
  BLOCKS,
  CLAUSE_BYTES,
  CLAUSES,
  EDGE_BYTES,
  EDGES,
  EXACT,
  EXACT_BYTES,
  EXPLAIN,
  FACT_BYTES,
  FACT_IPV4,
  FACT_IPV6,
  FACT_MASK,
  FACT_NAME,
  FACT_PREFIXES,
  FACT_PRESENT,
  FACT_SUFFIXES,
  FACT_TEMPLATES,
  FACTS,
  HEADER,
  HEADER_BYTES,
  MATCHER_COUNT,
  METADATA,
  NODE_BYTES,
  NODES,
  POLICIES,
  POLICY_BYTES,
  POSTINGS,
  RULE_BYTES,
  RULES,
  SECTION_BYTES,
  SECTIONS,
  STRINGS,
  TERM_BYTES,
  TERM_MATCHERS,
  TERMS,
  TRIE_BYTES,
  TRIES,
  VERSION,
} from "./layout";

/** Whether the program may be run without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, AUTHORIZATION, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (!tablesFit(program, length)) return TABLE_OUTSIDE;
  // Each matcher stands somewhere, so that there are fewer of them than words.
  if (<u64>load<u32>(program + MATCHER_COUNT) * 4 > <u64>length) return BAD_VALUE;
  if (!areLess(program, POSTINGS, tableCount(program, RULES))) return BAD_REFERENCE;
  if (!areLess(program, TERM_MATCHERS, load<u32>(program + MATCHER_COUNT))) return BAD_REFERENCE;
  if (!rulesRefer(program)) return BAD_REFERENCE;
  let found = checkFacts(program);
  if (found == OK) found = checkSections(program);
  return found == OK ? checkIndex(program) : found;
}

function tablesFit(program: usize, length: i32): bool {
  return (
    stringsFit(program, length, STRINGS) &&
    tableFits(program, length, FACTS, FACT_BYTES) &&
    tableFits(program, length, EXACT, EXACT_BYTES) &&
    tableFits(program, length, TRIES, TRIE_BYTES) &&
    tableFits(program, length, BLOCKS, BLOCK_BYTES) &&
    tableFits(program, length, POLICIES, POLICY_BYTES) &&
    tableFits(program, length, RULES, RULE_BYTES) &&
    tableFits(program, length, CLAUSES, CLAUSE_BYTES) &&
    tableFits(program, length, TERMS, TERM_BYTES) &&
    tableFits(program, length, TERM_MATCHERS, 4) &&
    tableFits(program, length, NODES, NODE_BYTES) &&
    tableFits(program, length, POSTINGS, 4) &&
    tableFits(program, length, EDGES, EDGE_BYTES) &&
    tableFits(program, length, SECTIONS, SECTION_BYTES)
  );
}

function areLess(program: usize, table: i32, limit: u32): bool {
  const at = tableAt(program, table);
  for (let i: u32 = 0, count = tableCount(program, table); i < count; i++) {
    if (load<u32>(at + <usize>i * 4) >= limit) return false;
  }
  return true;
}

function rulesRefer(program: usize): bool {
  if (!policiesRefer(program)) return false;
  const policies = tableCount(program, POLICIES);
  const clauses = tableCount(program, CLAUSES);
  const terms = tableCount(program, TERMS);
  const matchers = tableCount(program, TERM_MATCHERS);
  const facts = tableCount(program, FACTS);
  let rule = tableAt(program, RULES);
  for (let i: u32 = 0, count = tableCount(program, RULES); i < count; i++, rule += RULE_BYTES) {
    if (load<u32>(rule) >= policies) return false;
    if (!rangeFits(load<u32>(rule, 8), load<u32>(rule, 12), clauses)) return false;
    if (!rangeFits(load<u32>(rule, 16), load<u32>(rule, 20), clauses)) return false;
    if (!rangeFits(load<u32>(rule, 24), load<u32>(rule, 28), terms)) return false;
  }
  let clause = tableAt(program, CLAUSES);
  for (let i: u32 = 0; i < clauses; i++, clause += CLAUSE_BYTES) {
    if (!rangeFits(load<u32>(clause), load<u32>(clause, 4), terms)) return false;
  }
  let term = tableAt(program, TERMS);
  for (let i: u32 = 0; i < terms; i++, term += TERM_BYTES) {
    if ((load<u32>(term) & FACT_MASK) >= facts) return false;
    if (!rangeFits(load<u32>(term, 4), load<u32>(term, 8), matchers)) return false;
  }
  return true;
}

function policiesRefer(program: usize): bool {
  const strings = tableCount(program, STRINGS);
  let policy = tableAt(program, POLICIES);
  for (let i: u32 = 0, count = tableCount(program, POLICIES); i < count; i++, policy += POLICY_BYTES) {
    if (load<u32>(policy) >= strings || load<u32>(policy, 4) >= strings) return false;
  }
  return true;
}

function checkFacts(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  const tries = tableCount(program, TRIES);
  const blocks = tableCount(program, BLOCKS);
  let fact = tableAt(program, FACTS);
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++, fact += FACT_BYTES) {
    const kind = load<u32>(fact);
    if (kind > METADATA) return BAD_VALUE;
    const isNamed = kind == HEADER || kind == METADATA;
    if (isNamed ? load<u32>(fact, FACT_NAME) >= strings : load<u32>(fact, FACT_NAME) != NONE) return BAD_REFERENCE;
    if (!isIndexOrNone(load<u32>(fact, FACT_PRESENT), load<u32>(program + MATCHER_COUNT))) return BAD_REFERENCE;
    if (
      !isIndexOrNone(load<u32>(fact, FACT_PREFIXES), tries) ||
      !isIndexOrNone(load<u32>(fact, FACT_SUFFIXES), tries) ||
      !isIndexOrNone(load<u32>(fact, FACT_TEMPLATES), tries) ||
      !isIndexOrNone(load<u32>(fact, FACT_IPV4), blocks) ||
      !isIndexOrNone(load<u32>(fact, FACT_IPV6), blocks)
    ) {
      return BAD_REFERENCE;
    }
  }
  return OK;
}

/** Each action at most once, in the order of a decision. */
function checkSections(program: usize): i32 {
  let last: u32 = 0;
  let section = tableAt(program, SECTIONS);
  for (let i: u32 = 0, count = tableCount(program, SECTIONS); i < count; i++, section += SECTION_BYTES) {
    const action = load<u32>(section);
    if (action < EXPLAIN || action > ALLOW || action <= last) return BAD_VALUE;
    if (load<u32>(section, 4) >= tableCount(program, NODES)) return BAD_REFERENCE;
    last = action;
  }
  return OK;
}
