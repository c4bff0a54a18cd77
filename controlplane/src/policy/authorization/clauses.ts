import type {
  AuthorizationAttribute,
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
  SourceField,
  ValueMatch,
} from "../../model/types.ts";
import { sourceFields } from "../../model/types.ts";
import { claim, FactKind, isHttpOnly, metadata, readCost } from "./facts.ts";
import type { Fact } from "./facts.ts";
import { aliasedPrincipals } from "./trust-domain.ts";
import type { TrustDomains } from "./trust-domain.ts";

/** One of the matches holds for the fact, or, if negated, none of them. */
export interface Term {
  readonly fact: Fact;
  readonly negated: boolean;
  readonly matches: readonly ValueMatch[];
}

/** All of its terms hold. */
export type Clause = readonly Term[];

/** A rule as the compiler sees it: one of `from` (if there is any), one of `to` (if there is any), and all of `when`. */
export interface RuleClauses {
  readonly from: readonly Clause[];
  readonly to: readonly Clause[];
  readonly when: Clause;
}

const SOURCE_FACTS: Readonly<Record<SourceField, FactKind>> = {
  principals: FactKind.principal,
  requestPrincipals: FactKind.requestPrincipal,
  namespaces: FactKind.namespace,
  serviceAccounts: FactKind.serviceAccount,
  trustDomains: FactKind.trustDomain,
  ipBlocks: FactKind.sourceIp,
  remoteIpBlocks: FactKind.remoteIp,
};

const ATTRIBUTE_FACTS: Readonly<Record<AuthorizationAttribute, Fact>> = {
  "source.ip": plain(FactKind.sourceIp),
  "remote.ip": plain(FactKind.remoteIp),
  "source.namespace": plain(FactKind.namespace),
  "source.serviceAccount": plain(FactKind.serviceAccount),
  "source.principal": plain(FactKind.principal),
  "source.trustDomain": plain(FactKind.trustDomain),
  "request.auth.principal": plain(FactKind.requestPrincipal),
  "request.auth.audiences": claim(["aud"]),
  "request.auth.presenter": claim(["azp"]),
  "destination.ip": plain(FactKind.destinationIp),
  "destination.port": plain(FactKind.port),
  "connection.sni": plain(FactKind.sni),
};

/** The clauses of a rule for HTTP requests. */
export function httpClauses(rule: AuthorizationRule, trust: TrustDomains): RuleClauses {
  return {
    from: (rule.from ?? []).map((source) => sourceTerms(source, trust)),
    to: rule.to.map(operationTerms),
    when: byCost(rule.when.flatMap((condition) => conditionTerms(condition, trust))),
  };
}

/**
 * The clauses of a rule for connections that are not HTTP. What only HTTP has can not be known there: ALLOW is then
 * without the whole rule (undefined), every other action without that part of the rule, which so matches more.
 */
export function tcpClauses(
  rule: AuthorizationRule,
  action: AuthorizationPolicy["action"],
  trust: TrustDomains,
): RuleClauses | undefined {
  const { from, to, when } = httpClauses(rule, trust);
  const isHttp = [...from, ...to, when].some((clause) => clause.some(({ fact }) => isHttpOnly(fact)));
  if (isHttp && action === "ALLOW") return undefined;
  return { from: from.map(narrowed), to: to.map(narrowed), when: narrowed(when) };
}

function narrowed(clause: Clause): Clause {
  return clause.filter(({ fact }) => !isHttpOnly(fact));
}

function sourceTerms(source: AuthorizationSource, trust: TrustDomains): Clause {
  return byCost(
    sourceFields.flatMap(([field, negated]) =>
      valueTerms(plain(SOURCE_FACTS[field]), source[field] ?? [], source[negated] ?? [], trust),
    ),
  );
}

function operationTerms(operation: AuthorizationOperation): Clause {
  return byCost([
    ...terms(plain(FactKind.port), operation.ports.map(port), operation.notPorts.map(port)),
    ...terms(plain(FactKind.method), operation.methods, operation.notMethods),
    ...terms(plain(FactKind.host), operation.hosts.map(lowerCase), operation.notHosts.map(lowerCase)),
    ...terms(plain(FactKind.path), operation.paths, operation.notPaths),
  ]);
}

function port(value: number): ValueMatch {
  return { kind: "exact", value: String(value) };
}

function conditionTerms(condition: AuthorizationCondition, trust: TrustDomains): Clause {
  return valueTerms(conditionFact(condition), condition.values, condition.notValues, trust);
}

function conditionFact(condition: AuthorizationCondition): Fact {
  if ("header" in condition) return { kind: FactKind.header, name: condition.header };
  if ("attribute" in condition) return ATTRIBUTE_FACTS[condition.attribute];
  if ("claim" in condition) return claim(condition.claim);
  return metadata(condition.filter, [condition.key]);
}

function valueTerms(
  fact: Fact,
  values: readonly ValueMatch[],
  notValues: readonly ValueMatch[],
  trust: TrustDomains,
): Clause {
  if (fact.kind !== FactKind.principal) return terms(fact, values, notValues);
  return terms(fact, aliasedPrincipals(values, trust), aliasedPrincipals(notValues, trust));
}

/** An empty list asks nothing. */
function terms(fact: Fact, values: readonly ValueMatch[], notValues: readonly ValueMatch[]): Clause {
  if (values.length + notValues.length === 0) return [];
  return [
    ...(values.length > 0 ? [{ fact, negated: false, matches: values }] : []),
    ...(notValues.length > 0 ? [{ fact, negated: true, matches: notValues }] : []),
  ];
}

/** Hosts are compared without regard to case; the filter lowers the request's side. */
function lowerCase(match: ValueMatch): ValueMatch {
  return match.kind === "present" ? match : { kind: match.kind, value: match.value.toLowerCase() };
}

/** What is cheapest to learn is looked at first. */
function byCost(clause: Clause): Clause {
  return clause.length < 2 ? clause : clause.toSorted((a, b) => readCost(a.fact) - readCost(b.fact));
}

function plain(kind: FactKind): Fact {
  return { kind, name: "" };
}
