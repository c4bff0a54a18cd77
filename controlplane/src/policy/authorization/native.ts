import { PRINCIPAL_SEPARATOR } from "../../model/types.ts";
import type { AuthorizationPolicy, ValueMatch } from "../../model/types.ts";
import { httpClauses, tcpClauses } from "./clauses.ts";
import type { Clause, Term } from "./clauses.ts";
import { ruleIdentity } from "./compile.ts";
import { claim, FactKind } from "./facts.ts";
import { parseBlock } from "./ip-tree.ts";
import type { Json, JsonObject } from "./request.ts";
import { DEFAULT_TRUST_DOMAINS } from "./trust-domain.ts";
import type { TrustDomains } from "./trust-domain.ts";

/**
 * The same rules for Envoy's own RBAC filter: envoy.config.rbac.v3.RBAC.policies as JSON, one entry a rule, under the
 * rule's identity, for requests or, without what only these have, for connections. It marks what is asked about for Envoy's ext_authz (CUSTOM), and tests judge our filter by it.
 */
export function nativePolicies(
  policies: readonly AuthorizationPolicy[],
  trust: TrustDomains = DEFAULT_TRUST_DOMAINS,
  protocol: "http" | "tcp" = "http",
): JsonObject {
  return Object.fromEntries(
    policies.flatMap((policy) =>
      policy.rules.flatMap((rule, index) => {
        const clauses = protocol === "http" ? httpClauses(rule, trust) : tcpClauses(rule, policy.action, trust);
        if (clauses === undefined) return [];
        const { from, to, when } = clauses;
        const permissions = [...alternatives(to, PERMISSION), ...when.filter(isPermission).map(permission)];
        const principals = [
          ...alternatives(from, PRINCIPAL),
          ...when.filter((term) => !isPermission(term)).map(principal),
        ];
        const native = { permissions: [all(permissions, PERMISSION)], principals: [all(principals, PRINCIPAL)] };
        return [[ruleIdentity(policy, index), native]];
      }),
    ),
  );
}

/** What permissions and principals, which have the same operators, call them. */
interface Operators {
  readonly all: string;
  readonly some: string;
  readonly list: string;
  readonly not: string;
  readonly term: (term: Term) => JsonObject;
}

const PERMISSION: Operators = { all: "and_rules", some: "or_rules", list: "rules", not: "not_rule", term: permission };
const PRINCIPAL: Operators = { all: "and_ids", some: "or_ids", list: "ids", not: "not_id", term: principal };

/** Facts that Envoy knows as permissions; all others are principals. */
function isPermission({ fact }: Term): boolean {
  return [FactKind.port, FactKind.destinationIp, FactKind.sni].some((kind) => kind === fact.kind);
}

function alternatives(clauses: readonly Clause[], operators: Operators): readonly JsonObject[] {
  if (clauses.length === 0) return [];
  return [
    { [operators.some]: { [operators.list]: clauses.map((clause) => all(clause.map(operators.term), operators)) } },
  ];
}

function all(parts: readonly JsonObject[], operators: Operators): JsonObject {
  return parts.length === 0 ? { any: true } : { [operators.all]: { [operators.list]: parts } };
}

function permission(term: Term): JsonObject {
  return anyOf(term, PERMISSION, (match) => {
    if (term.fact.kind === FactKind.port) return { destination_port: Number(textOf(match)) };
    if (term.fact.kind === FactKind.destinationIp) return { destination_ip: cidr(match) };
    if (term.fact.kind === FactKind.sni) return { requested_server_name: stringMatch(match) };
    return ofRequest(term, match);
  });
}

function principal(term: Term): JsonObject {
  return anyOf(term, PRINCIPAL, (match) => {
    const { kind, name } = term.fact;
    if (kind === FactKind.sourceIp) return { direct_remote_ip: cidr(match) };
    if (kind === FactKind.remoteIp) return { remote_ip: cidr(match) };
    if (kind === FactKind.requestPrincipal) return requestPrincipal(match);
    if (kind === FactKind.metadata) return { metadata: metadata(name, match) };
    return IDENTITY.includes(kind)
      ? { authenticated: { principal_name: identity(kind, match) } }
      : ofRequest(term, match);
  });
}

/** What the peer's certificate tells. */
const IDENTITY: readonly FactKind[] = [
  FactKind.principal,
  FactKind.namespace,
  FactKind.serviceAccount,
  FactKind.trustDomain,
];

function anyOf(term: Term, operators: Operators, make: (match: ValueMatch) => JsonObject): JsonObject {
  const some = { [operators.some]: { [operators.list]: term.matches.map(make) } };
  return term.negated ? { [operators.not]: some } : some;
}

/** What both permissions and principals can look at. */
function ofRequest({ fact }: Term, match: ValueMatch): JsonObject {
  if (fact.kind === FactKind.path) return ofPath(match);
  const name = fact.kind === FactKind.method ? ":method" : fact.kind === FactKind.host ? ":authority" : fact.name;
  if (match.kind === "present") return { header: { name, present_match: true } };
  const ignoresCase = fact.kind === FactKind.host ? { ignore_case: true } : {};
  return { header: { name, string_match: { ...stringMatch(match), ...ignoresCase } } };
}

function ofPath(match: ValueMatch): JsonObject {
  if (match.kind !== "template") return { url_path: { path: stringMatch(match) } };
  const template = match.value.replaceAll("{**}", "**").replaceAll("{*}", "*");
  const type = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
  return { uri_template: { name: "uri-template", typed_config: { "@type": type, path_template: template } } };
}

function stringMatch(match: ValueMatch): JsonObject {
  return match.kind === "present" ? regex(".+") : { [match.kind]: match.value };
}

function identity(kind: FactKind, match: ValueMatch): JsonObject {
  const text = textOf(match);
  if (kind === FactKind.namespace) return regex(`.*/ns/${starred(match)}/.*`);
  if (kind === FactKind.serviceAccount) {
    const [namespace = "", account = ""] = text.split("/");
    return regex(`spiffe://.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(account)}(/.+)?`);
  }
  if (kind === FactKind.trustDomain) return regex(`spiffe://${starred(match)}/.*`);
  if (match.kind === "present") return regex(".+");
  return match.kind === "suffix" ? regex(`spiffe://.*${quoted(text)}`) : { [match.kind]: `spiffe://${text}` };
}

/** A regular expression for one part of an identity, which has no slash. */
function starred(match: ValueMatch): string {
  if (match.kind === "present") return "[^/]*";
  if (match.kind === "prefix") return `${quoted(match.value)}[^/]*`;
  if (match.kind === "wildcard") return match.value.split("*").map(quoted).join("[^/]*");
  return match.kind === "suffix" ? `[^/]*${quoted(match.value)}` : quoted(match.value);
}

/** Issuer and subject are two pieces of metadata; which half a star without a slash means, its side tells. */
function requestPrincipal(match: ValueMatch): JsonObject {
  const [issuer, subject] = halves(match);
  const ids = [claim(["iss"]), claim(["sub"])].map(({ name }, index) => ({
    metadata: metadata(name, index === 0 ? issuer : subject),
  }));
  return { and_ids: { ids } };
}

function halves(match: ValueMatch): readonly [issuer: ValueMatch, subject: ValueMatch] {
  const any: ValueMatch = { kind: "present" };
  if (match.kind === "present") return [any, any];
  const at = match.value.indexOf(PRINCIPAL_SEPARATOR);
  if (at < 0) return match.kind === "suffix" ? [any, match] : [match, match.kind === "prefix" ? any : EMPTY];
  const [issuer, subject] = [match.value.slice(0, at), match.value.slice(at + 1)];
  const half = (kind: "exact" | "prefix" | "suffix", value: string): ValueMatch =>
    value === "" ? any : { kind, value };
  return [
    half(match.kind === "suffix" ? "suffix" : "exact", issuer),
    half(match.kind === "prefix" ? "prefix" : "exact", subject),
  ];
}

const EMPTY: ValueMatch = { kind: "exact", value: "" };

/** A text, or a list with such a text. */
function metadata(name: string, match: ValueMatch): JsonObject {
  const [filter = "", ...path] = name.split("\0");
  const text: Json = { string_match: stringMatch(match) };
  return {
    filter,
    path: path.map((key) => ({ key })),
    value: { or_match: { value_matchers: [text, { list_match: { one_of: text } }] } },
  };
}

function cidr(match: ValueMatch): JsonObject {
  const text = textOf(match);
  return { address_prefix: text.split("/")[0] ?? "", prefix_len: parseBlock(text).bits };
}

function textOf(match: ValueMatch): string {
  return match.kind === "present" ? "" : match.value;
}

function regex(expression: string): JsonObject {
  return { safe_regex: { regex: expression } };
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
