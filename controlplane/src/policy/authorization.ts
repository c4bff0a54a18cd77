import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  ValueMatch,
} from "../model/types.ts";
import { PolicyId } from "./format.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";

/** What a term looks at; request header number i of the program is `firstHeader + i`. */
export const Fact = { method: 0, path: 1, host: 2, port: 3, firstHeader: 4 } as const;

const Matcher = { exact: 1, prefix: 2, suffix: 3, present: 4, template: 5, port: 6 } as const;

const NEGATED = 1 << 16;
const HAS_ALLOW = 1;

/** The order in which the terms of one conjunction are tried: comparing a port is cheapest, walking a path dearest. */
const FACT_COST = [1, 4, 3, 0];
const HEADER_COST = 2;

interface Term {
  readonly fact: number;
  readonly negated: boolean;
  readonly matchers: readonly (readonly [kind: number, operand: number])[];
}

/**
 * The program of one workload's authorization, from the policies that apply to it; undefined where there are none.
 * Rules keep Envoy's order (by identity), so that the rule named in a denial's details is the one Envoy would name.
 */
export function compileAuthorization(policies: readonly AuthorizationPolicy[]): Uint8Array | undefined {
  if (policies.length === 0) return undefined;
  const program = new ProgramTables();
  const denyCount = program.addRules(policies, "DENY");
  program.addRules(policies, "ALLOW");
  const hasAllow = policies.some((policy) => policy.action === "ALLOW");
  return program.assemble(hasAllow ? HAS_ALLOW : 0, denyCount);
}

/** The name by which Istio and Envoy know a rule, as it stands in response code details. */
export function ruleIdentity(policy: AuthorizationPolicy, index: number): string {
  return `ns[${policy.ref.namespace}]-policy[${policy.ref.name}]-rule[${index}]`;
}

class ProgramTables {
  readonly #strings = new StringTable();
  readonly #headers = new Table(1);
  readonly #headerIndex = new Map<string, number>();
  readonly #rules = new Table(5);
  readonly #operations = new Table(2);
  readonly #terms = new Table(3);
  readonly #matchers = new Table(2);
  #needs = 0;

  addRules(policies: readonly AuthorizationPolicy[], action: AuthorizationPolicy["action"]): number {
    const rules = policies
      .filter((policy) => policy.action === action)
      .flatMap((policy) => policy.rules.map((rule, index) => ({ rule, identity: ruleIdentity(policy, index) })))
      .toSorted((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0));
    for (const { rule, identity } of rules) this.#addRule(rule, identity);
    return rules.length;
  }

  assemble(flags: number, denyCount: number): Uint8Array {
    return assembleProgram({
      policy: PolicyId.authorization,
      scalars: [this.#needs, flags, denyCount],
      strings: this.#strings,
      tables: [this.#headers, this.#rules, this.#operations, this.#terms, this.#matchers],
    });
  }

  #addRule(rule: AuthorizationRule, identity: string): void {
    const operations = rule.to.map((operation) => this.#addTerms(this.#operationTerms(operation)));
    const conditions = this.#addTerms(rule.when.flatMap((condition) => this.#conditionTerms(condition)));
    const firstOperation = this.#operations.count;
    for (const [first, count] of operations) this.#operations.add(first, count);
    this.#rules.add(this.#strings.intern(identity), firstOperation, operations.length, ...conditions);
  }

  #addTerms(terms: readonly Term[]): readonly [first: number, count: number] {
    const first = this.#terms.count;
    for (const term of terms.toSorted((a, b) => factCost(a.fact) - factCost(b.fact))) {
      if (term.fact < Fact.firstHeader) this.#needs |= 1 << term.fact;
      const firstMatcher = this.#matchers.count;
      for (const matcher of term.matchers) this.#matchers.add(...matcher);
      this.#terms.add(term.fact | (term.negated ? NEGATED : 0), firstMatcher, term.matchers.length);
    }
    return [first, terms.length];
  }

  #operationTerms(operation: AuthorizationOperation): Term[] {
    return [
      ...portTerm(operation.ports, false),
      ...portTerm(operation.notPorts, true),
      ...this.#valueTerm(Fact.method, operation.methods, false),
      ...this.#valueTerm(Fact.method, operation.notMethods, true),
      ...this.#valueTerm(Fact.host, operation.hosts.map(lowerCase), false),
      ...this.#valueTerm(Fact.host, operation.notHosts.map(lowerCase), true),
      ...this.#valueTerm(Fact.path, operation.paths, false),
      ...this.#valueTerm(Fact.path, operation.notPaths, true),
    ];
  }

  #conditionTerms(condition: AuthorizationCondition): Term[] {
    const fact = this.#headerFact(condition.header);
    return [...this.#valueTerm(fact, condition.values, false), ...this.#valueTerm(fact, condition.notValues, true)];
  }

  #headerFact(name: string): number {
    const known = this.#headerIndex.get(name);
    if (known !== undefined) return known;
    const fact = Fact.firstHeader + this.#headers.add(this.#strings.intern(name));
    this.#headerIndex.set(name, fact);
    return fact;
  }

  /** An empty list asks nothing. */
  #valueTerm(fact: number, values: readonly ValueMatch[], negated: boolean): Term[] {
    if (values.length === 0) return [];
    const matchers = values.map((match): readonly [number, number] => [
      Matcher[match.kind],
      match.kind === "present" ? 0 : this.#strings.intern(match.value),
    ]);
    return [{ fact, negated, matchers: matchers.toSorted((a, b) => a[0] - b[0]) }];
  }
}

/** Hosts are compared without regard to case; the filter lowers the request's side. */
function lowerCase(match: ValueMatch): ValueMatch {
  return match.kind === "present" ? match : { kind: match.kind, value: match.value.toLowerCase() };
}

function portTerm(ports: readonly number[], negated: boolean): Term[] {
  if (ports.length === 0) return [];
  return [{ fact: Fact.port, negated, matchers: ports.map((port) => [Matcher.port, port] as const) }];
}

function factCost(fact: number): number {
  return FACT_COST[fact] ?? HEADER_COST;
}
