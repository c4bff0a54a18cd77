import { sourceFields } from "../../model/types.ts";
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
  ValueMatch,
} from "../../model/types.ts";
import { aliasedPrincipals, DEFAULT_TRUST_DOMAINS } from "./trust-domain.ts";
import type { TrustDomains } from "./trust-domain.ts";

/** Where a rule is read. */
export interface Reading {
  readonly trust?: TrustDomains;
  /** For connections that are not HTTP; default: for HTTP requests. */
  readonly protocol?: "http" | "tcp";
}

/**
 * A policy as a proxy reads it: principals under all names of their trust domain, and for connections that are not HTTP
 * without what only HTTP has. A rule of an ALLOW policy that has some of that never holds there: `undefined`.
 */
export function asRead(
  { action, rules }: Pick<AuthorizationPolicy, "action" | "rules">,
  { trust = DEFAULT_TRUST_DOMAINS, protocol = "http" }: Reading,
): readonly (AuthorizationRule | undefined)[] {
  return rules.map((rule) => {
    const aliased = withAliases(rule, trust);
    if (protocol === "http") return aliased;
    return action === "ALLOW" && asksForHttp(aliased) ? undefined : withoutHttp(aliased);
  });
}

function withAliases({ from, to, when }: AuthorizationRule, trust: TrustDomains): AuthorizationRule {
  const names = (values: readonly ValueMatch[] | undefined): readonly ValueMatch[] =>
    aliasedPrincipals(values ?? [], trust);
  return {
    ...(from === undefined
      ? {}
      : {
          from: from.map((source) => ({
            ...source,
            principals: names(source.principals),
            notPrincipals: names(source.notPrincipals),
          })),
        }),
    to,
    when: when.map((condition) =>
      "attribute" in condition && condition.attribute === "source.principal"
        ? { ...condition, values: names(condition.values), notValues: names(condition.notValues) }
        : condition,
    ),
  };
}

function asksForHttp({ from = [], to, when }: AuthorizationRule): boolean {
  return (
    from.some((source) => isAsked(source.requestPrincipals) || isAsked(source.notRequestPrincipals)) ||
    to.some((operation) => OF_HTTP.some((field) => isAsked(operation[field]))) ||
    when.some((condition) => isOfHttp(condition) && (isAsked(condition.values) || isAsked(condition.notValues)))
  );
}

function isAsked(values: readonly unknown[] | undefined): boolean {
  return (values ?? []).length > 0;
}

const OF_HTTP = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"] as const;

function withoutHttp({ from, to, when }: AuthorizationRule): AuthorizationRule {
  return {
    ...(from === undefined ? {} : { from: from.map(connectionSource) }),
    to: to.map(connectionOperation),
    when: when.filter((condition) => !isOfHttp(condition)),
  };
}

function connectionSource(source: AuthorizationSource): AuthorizationSource {
  const kept = sourceFields.filter(([field]) => field !== "requestPrincipals").flat();
  return Object.fromEntries(kept.flatMap((field) => (source[field] === undefined ? [] : [[field, source[field]]])));
}

function connectionOperation({ ports, notPorts }: AuthorizationOperation): AuthorizationOperation {
  return { hosts: [], notHosts: [], methods: [], notMethods: [], paths: [], notPaths: [], ports, notPorts };
}

function isOfHttp(condition: AuthorizationCondition): boolean {
  if ("header" in condition || "claim" in condition) return true;
  return "attribute" in condition && condition.attribute.startsWith("request.auth.");
}
