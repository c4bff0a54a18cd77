/** Where things are in a program; docs/policy-program.md says what they mean. */

export const VERSION: u16 = 2;
export const HEADER_BYTES: i32 = 140;

/** Offsets in the program's own header: three words, then a reference to each table. */
export const EXACT_SEED: i32 = 16;
export const EDGE_SEED: i32 = 20;
export const MATCHER_COUNT: i32 = 24;
export const STRINGS: i32 = 28;
export const FACTS: i32 = 36;
export const EXACT: i32 = 44;
export const TRIES: i32 = 52;
export const BLOCKS: i32 = 60;
export const POLICIES: i32 = 68;
export const RULES: i32 = 76;
export const CLAUSES: i32 = 84;
export const TERMS: i32 = 92;
export const TERM_MATCHERS: i32 = 100;
export const NODES: i32 = 108;
export const POSTINGS: i32 = 116;
export const EDGES: i32 = 124;
export const SECTIONS: i32 = 132;

export const FACT_BYTES: u32 = 32;
export const EXACT_BYTES: u32 = 16;
export const TRIE_BYTES: u32 = 20;
export const BLOCK_BYTES: u32 = 32;
export const POLICY_BYTES: u32 = 8;
export const RULE_BYTES: u32 = 32;
export const CLAUSE_BYTES: u32 = 8;
export const TERM_BYTES: u32 = 12;
export const NODE_BYTES: u32 = 20;
export const EDGE_BYTES: u32 = 12;
export const SECTION_BYTES: u32 = 8;

/** Kinds of facts. */
export const METHOD: u32 = 0;
export const PATH: u32 = 1;
export const HOST: u32 = 2;
export const PORT: u32 = 3;
export const HEADER: u32 = 4;
export const SOURCE_IP: u32 = 5;
export const REMOTE_IP: u32 = 6;
export const DESTINATION_IP: u32 = 7;
export const SNI: u32 = 8;
export const PRINCIPAL: u32 = 9;
export const NAMESPACE: u32 = 10;
export const SERVICE_ACCOUNT: u32 = 11;
export const TRUST_DOMAIN: u32 = 12;
export const REQUEST_PRINCIPAL: u32 = 13;
export const METADATA: u32 = 14;

/** Words of a fact. */
export const FACT_NAME: usize = 4;
export const FACT_PRESENT: usize = 8;
export const FACT_PREFIXES: usize = 12;
export const FACT_SUFFIXES: usize = 16;
export const FACT_TEMPLATES: usize = 20;
export const FACT_IPV4: usize = 24;
export const FACT_IPV6: usize = 28;

/** Kinds of nodes in a trie, in the low byte of the first word; the second byte is the first of the label. */
export const TEXT: u32 = 0;
export const SEGMENT: u32 = 1;
export const ANY: u32 = 2;

export const NEGATED: u32 = 1 << 16;
export const FACT_MASK: u32 = 0xffff;
export const IS_RULE: u32 = 0x80000000;
export const MAX_DEPTH: u32 = 6;
export const MAX_PROBES: u32 = 16;

/** What the rules of a section do. */
export const EXPLAIN: u32 = 1;
export const AUDIT: u32 = 2;
export const DRY_RUN_DENY: u32 = 3;
export const DRY_RUN_ALLOW: u32 = 4;
export const CUSTOM: u32 = 5;
export const DENY: u32 = 6;
export const ALLOW: u32 = 7;
