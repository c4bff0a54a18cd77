import type { AuthorizationPolicy, ValueMatch } from "../../model/types.ts";
import { PolicyId } from "../format.ts";
import { assembleProgram, StringTable, Table } from "../program-writer.ts";
import { httpClauses, tcpClauses } from "./clauses.ts";
import type { Clause, RuleClauses, Term } from "./clauses.ts";
import { FactKind, readCost } from "./facts.ts";
import { Matchers } from "./matchers.ts";
import { RuleIndex } from "./rule-index.ts";
import type { IndexedRule, Key } from "./rule-index.ts";
import { DEFAULT_TRUST_DOMAINS } from "./trust-domain.ts";
import type { TrustDomains } from "./trust-domain.ts";

/** What the rules of a section do. The order is that of a decision: a later section is asked only if none before denied. */
export const SectionAction = {
  explain: 1,
  audit: 2,
  dryRunDeny: 3,
  dryRunAllow: 4,
  custom: 5,
  deny: 6,
  allow: 7,
} as const;

/** Who may ask for a decision's reasons, and by which request header. */
export interface ExplainOptions {
  readonly header: string;
  /** As in `source.principals`. */
  readonly principals: readonly ValueMatch[];
}

export interface AuthorizationOptions {
  readonly trust?: TrustDomains;
  /** For connections that are not HTTP; default: for HTTP requests. */
  readonly protocol?: "http" | "tcp";
  /**
   * The extension providers of the mesh, whose CUSTOM policies Envoy's ext_authz carries out. What a CUSTOM policy of
   * another provider matches is denied, as in Istio.
   */
  readonly providers?: ReadonlySet<string>;
  readonly explain?: ExplainOptions;
}

const NEGATED = 1 << 16;

interface NamedRule {
  readonly policy: AuthorizationPolicy;
  readonly index: number;
  readonly clauses: RuleClauses;
}

/**
 * The program of one workload's authorization, from the policies that apply to it; undefined where there are none.
 * Rules keep Envoy's order (by identity), so that the rule named in a denial's details is the one Envoy would name.
 */
export function compileAuthorization(
  policies: readonly AuthorizationPolicy[],
  options: AuthorizationOptions = {},
): Uint8Array | undefined {
  const { providers = new Set() } = options;
  const own = policies.filter(({ provider }) => provider === undefined || !providers.has(provider));
  if (own.length === 0) return undefined;
  const program = new ProgramTables();
  if (options.explain) program.addSection(SectionAction.explain, [explainRule(options.explain)]);
  for (const [action, section] of sectionsOf(own)) {
    if (section.length > 0) program.addSection(action, namedRules(section, options));
  }
  return program.assemble();
}

/** Policies by section; one that is absent has none. */
function sectionsOf(
  policies: readonly AuthorizationPolicy[],
): readonly (readonly [action: number, policies: readonly AuthorizationPolicy[]])[] {
  const of = (action: AuthorizationPolicy["action"], dryRun = false): readonly AuthorizationPolicy[] =>
    policies.filter((policy) => policy.action === action && (policy.dryRun ?? false) === dryRun);
  return [
    [SectionAction.audit, of("AUDIT")],
    [SectionAction.dryRunDeny, of("DENY", true)],
    [SectionAction.dryRunAllow, of("ALLOW", true)],
    [SectionAction.custom, of("CUSTOM")],
    [SectionAction.deny, of("DENY")],
    [SectionAction.allow, of("ALLOW")],
  ];
}

/** The name by which Istio and Envoy know a rule, as it stands in response code details. */
export function ruleIdentity(policy: AuthorizationPolicy, index: number): string {
  return `ns[${policy.ref.namespace}]-policy[${policy.ref.name}]-rule[${index}]`;
}

function namedRules(
  policies: readonly AuthorizationPolicy[],
  { trust = DEFAULT_TRUST_DOMAINS, protocol = "http" }: AuthorizationOptions,
): readonly NamedRule[] {
  return policies
    .flatMap((policy) =>
      policy.rules.flatMap((rule, index) => {
        const clauses = protocol === "tcp" ? tcpClauses(rule, policy.action, trust) : httpClauses(rule, trust);
        return clauses === undefined ? [] : [{ identity: ruleIdentity(policy, index), policy, index, clauses }];
      }),
    )
    .toSorted((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0));
}

function explainRule({ header, principals }: ExplainOptions): NamedRule {
  const position = { file: "", line: 0, column: 0 };
  const ref = { kind: "AuthorizationPolicy", namespace: "", name: "explain", position };
  const from = [{ fact: { kind: FactKind.principal, name: "" }, negated: false, matches: principals }];
  const when = [
    {
      fact: { kind: FactKind.header, name: header.toLowerCase() },
      negated: false,
      matches: [{ kind: "present" as const }],
    },
  ];
  const policy = { ref, labels: {}, selector: {}, action: "AUDIT" as const, rules: [] };
  return { policy, index: 0, clauses: { from: [from], to: [], when } };
}

class ProgramTables {
  readonly #strings = new StringTable();
  readonly #matchers = new Matchers(this.#strings);
  readonly #index = new RuleIndex();
  readonly #policies = new Table(2);
  readonly #policyOf = new Map<string, number>();
  readonly #rules = new Table(8);
  readonly #clauses = new Table(2);
  readonly #terms = new Table(3);
  readonly #termMatchers = new Table(1);
  readonly #asked = new Map<Term, Asked>();
  readonly #sections = new Table(2);

  addSection(action: number, rules: readonly NamedRule[]): void {
    const indexed = rules.map((rule) => this.#addRule(rule));
    this.#sections.add(action, this.#index.add(indexed));
  }

  assemble(): Uint8Array {
    const exact = this.#matchers.tables();
    const edges = this.#index.edges();
    return assembleProgram({
      policy: PolicyId.authorization,
      scalars: [exact.seed, edges.seed, this.#matchers.count],
      strings: this.#strings,
      tables: [
        ...exact.tables,
        this.#policies,
        this.#rules,
        this.#clauses,
        this.#terms,
        this.#termMatchers,
        this.#index.nodes,
        this.#index.postings,
        edges.table,
        this.#sections,
      ],
    });
  }

  #addRule({ policy, index, clauses: { from, to, when } }: NamedRule): IndexedRule {
    const ranges = [this.#addClauses(from), this.#addClauses(to), this.#addTerms(when)];
    const rule = this.#rules.add(this.#policy(policy), index, ...ranges.flat());
    // A group of alternatives is an access path if each of them can be found by something; so is each condition alone.
    const groups = [from, to]
      .filter((group) => group.length > 0)
      .map((group) => group.map((clause) => this.#keys(clause)));
    return { rule, paths: [...groups, ...this.#keys(when).map((key) => [[key]])] };
  }

  #policy({ ref }: AuthorizationPolicy): number {
    const key = `${ref.namespace}/${ref.name}`;
    const known = this.#policyOf.get(key);
    if (known !== undefined) return known;
    const policy = this.#policies.add(this.#strings.intern(ref.namespace), this.#strings.intern(ref.name));
    this.#policyOf.set(key, policy);
    return policy;
  }

  #addClauses(group: readonly Clause[]): readonly [first: number, count: number] {
    const ranges = group.map((clause) => this.#addTerms(clause));
    const first = this.#clauses.count;
    for (const range of ranges) this.#clauses.add(...range);
    return [first, group.length];
  }

  #addTerms(clause: Clause): readonly [first: number, count: number] {
    const first = this.#terms.count;
    for (const term of clause) {
      const { fact, matchers } = this.#askedBy(term);
      this.#terms.add(fact | (term.negated ? NEGATED : 0), this.#termMatchers.count, matchers.length);
      for (const matcher of matchers) this.#termMatchers.add(matcher);
    }
    return [first, clause.length];
  }

  /** A term is looked at as a part of its rule, and again as a key to it. */
  #askedBy(term: Term): Asked {
    const known = this.#asked.get(term);
    if (known !== undefined) return known;
    const fact = this.#matchers.fact(term.fact);
    const all = term.matches.map((match) => this.#matchers.matcher(fact, match));
    const asked = { fact, matchers: all.length === 1 ? all : [...new Set(all)].toSorted((a, b) => a - b) };
    this.#asked.set(term, asked);
    return asked;
  }

  #keys(clause: Clause): readonly Key[] {
    return clause
      .filter(({ negated }) => !negated)
      .map((term) => ({
        ...this.#askedBy(term),
        cost: readCost(term.fact) + Math.max(...term.matches.map(breadth)),
      }));
  }
}

/** What a term asks, by the numbers of the program; the matchers sorted, so that the filter can look one up. */
type Asked = Pick<Key, "fact" | "matchers">;

/** How poor a key a match is: the more requests satisfy it, the more rules are looked at in vain. */
function breadth(match: ValueMatch): number {
  if (match.kind === "present") return 1_000_000;
  if (match.kind === "exact") return 0;
  if (match.kind === "cidr") return Math.max(0, 24 - Number(match.value.split("/")[1]));
  return match.value.length > 3 ? 1 : 16;
}
