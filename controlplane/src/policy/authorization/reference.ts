import { PRINCIPAL_SEPARATOR, sourceFields } from "../../model/types.ts";
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
import { textsAt } from "./request.ts";
import type { AuthorizationRequest } from "./request.ts";

/** Who decided: a rule by its identity, or `none` where there is an ALLOW policy and none of its rules matched. */
export type Decision =
  | { readonly allowed: true; readonly by?: string }
  | { readonly allowed: false; readonly deniedBy: string };

/** A rule and why it does not match: the first field that does not hold, by its path; absent where it matches. */
export interface RuleResult {
  readonly policy: AuthorizationPolicy;
  readonly identity: string;
  readonly mismatch?: string;
}

/**
 * Istio's meaning of AuthorizationPolicy, by walking the rules as they are written. Slow and plain on purpose: it is
 * what the compiled programs are judged by. Providers of CUSTOM policies are taken for absent.
 */
export function evaluate(
  policies: readonly AuthorizationPolicy[],
  request: AuthorizationRequest,
  rulesOf: RulesOf = asWritten,
): Decision {
  const results = evaluateRules(policies, request, rulesOf).filter(({ policy }) => policy.dryRun !== true);
  const first = (action: AuthorizationPolicy["action"]): string | undefined =>
    results.find((one) => one.policy.action === action && one.mismatch === undefined)?.identity;
  const deniedBy = first("CUSTOM") ?? first("DENY");
  if (deniedBy !== undefined) return { allowed: false, deniedBy };
  if (!policies.some(({ action, dryRun }) => action === "ALLOW" && dryRun !== true)) return { allowed: true };
  const by = first("ALLOW");
  return by === undefined ? { allowed: false, deniedBy: "none" } : { allowed: true, by };
}

/** How a policy's rules are read where they hold; `undefined` for one that never does. */
export type RulesOf = (policy: AuthorizationPolicy) => readonly (AuthorizationRule | undefined)[];

const asWritten: RulesOf = ({ rules }) => rules;

/** Every rule's result, in Envoy's order: by identity. */
export function evaluateRules(
  policies: readonly AuthorizationPolicy[],
  request: AuthorizationRequest,
  rulesOf: RulesOf = asWritten,
): readonly RuleResult[] {
  return policies
    .flatMap((policy) =>
      rulesOf(policy).map((rule, index): RuleResult => {
        const mismatch = rule === undefined ? "it asks for what only HTTP has" : ruleMismatch(rule, request);
        const identity = `ns[${policy.ref.namespace}]-policy[${policy.ref.name}]-rule[${index}]`;
        return { policy, identity, ...(mismatch === undefined ? {} : { mismatch }) };
      }),
    )
    .toSorted((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0));
}

function ruleMismatch({ from = [], to, when }: AuthorizationRule, request: AuthorizationRequest): string | undefined {
  return (
    alternatives("from", from, (source) => sourceMismatch(source, request)) ??
    alternatives("to", to, (operation) => operationMismatch(operation, request)) ??
    when
      .map((condition, index) => prefixed(`when[${index}]`, conditionMismatch(condition, request)))
      .find((mismatch) => mismatch !== undefined)
  );
}

/** Why none of some alternatives holds; undefined where there are none. */
function alternatives<T>(
  field: string,
  all: readonly T[],
  mismatchOf: (one: T) => string | undefined,
): string | undefined {
  const mismatches = all.map((one, index) => prefixed(`${field}[${index}]`, mismatchOf(one)));
  return mismatches.includes(undefined) ? undefined : mismatches[0];
}

function prefixed(prefix: string, mismatch: string | undefined): string | undefined {
  return mismatch === undefined ? undefined : `${prefix}.${mismatch}`;
}

function sourceMismatch(source: AuthorizationSource, request: AuthorizationRequest): string | undefined {
  for (const [field, negated] of sourceFields) {
    const values = sourceValues(field, request);
    if (source[field]?.length && !anyMatches(source[field], values)) return `source.${field}`;
    if (anyMatches(source[negated] ?? [], values)) return `source.${negated}`;
  }
  return undefined;
}

function sourceValues(field: SourceField, request: AuthorizationRequest): readonly string[] {
  const peer = request.peer?.startsWith("spiffe://") ? request.peer.slice("spiffe://".length) : undefined;
  const part = (expression: RegExp): readonly string[] => {
    const found = expression.exec(peer ?? "");
    return found === null ? [] : [found.slice(1).join("/")];
  };
  if (field === "principals") return peer ? [peer] : [];
  if (field === "trustDomains") return part(/^([^/]*)/).filter((text) => text !== "");
  if (field === "namespaces") return part(/^.*?\/ns\/([^/]*)\//);
  if (field === "serviceAccounts") return part(/^.*?\/ns\/([^/]*)(?=\/)(?:.*?)\/sa\/([^/]*)/);
  if (field === "ipBlocks") return [request.sourceIp];
  if (field === "remoteIpBlocks") return [request.remoteIp];
  const [issuer] = textsAt(request.claims, ["iss"]);
  const [subject] = textsAt(request.claims, ["sub"]);
  return issuer && subject ? [`${issuer}${PRINCIPAL_SEPARATOR}${subject}`] : [];
}

function operationMismatch(operation: AuthorizationOperation, request: AuthorizationRequest): string | undefined {
  const { hosts, notHosts, methods, notMethods, paths, notPaths } = operation;
  const fields: readonly (readonly [string, readonly ValueMatch[], readonly ValueMatch[], readonly string[]])[] = [
    ["Ports", operation.ports.map(portMatch), operation.notPorts.map(portMatch), [String(request.port)]],
    ["Methods", methods, notMethods, given(request.method)],
    ["Hosts", hosts.map(lowerCase), notHosts.map(lowerCase), given(request.host?.toLowerCase())],
    ["Paths", paths, notPaths, notEmpty(given(request.path))],
  ];
  for (const [name, values, notValues, found] of fields) {
    if (values.length > 0 && !anyMatches(values, found)) return `operation.${name.toLowerCase()}`;
    if (anyMatches(notValues, found)) return `operation.not${name}`;
  }
  return undefined;
}

function portMatch(port: number): ValueMatch {
  return { kind: "exact", value: String(port) };
}

function lowerCase(match: ValueMatch): ValueMatch {
  return match.kind === "present" ? match : { kind: match.kind, value: match.value.toLowerCase() };
}

function given(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

function conditionMismatch(condition: AuthorizationCondition, request: AuthorizationRequest): string | undefined {
  const found = conditionValues(condition, request);
  if (condition.values.length > 0 && !anyMatches(condition.values, found)) return "values";
  return anyMatches(condition.notValues, found) ? "notValues" : undefined;
}

function conditionValues(condition: AuthorizationCondition, request: AuthorizationRequest): readonly string[] {
  if ("header" in condition) {
    const value = request.headers[condition.header];
    return value === undefined ? [] : [value];
  }
  if ("claim" in condition) return notEmpty(textsAt(request.claims, condition.claim));
  if ("filter" in condition) return notEmpty(textsAt(request.metadata?.[condition.filter], [condition.key]));
  const byAttribute: Readonly<Record<AuthorizationAttribute, () => readonly string[]>> = {
    "source.ip": () => [request.sourceIp],
    "remote.ip": () => [request.remoteIp],
    "destination.ip": () => [request.destinationIp],
    "destination.port": () => [String(request.port)],
    "connection.sni": () => (request.sni ? [request.sni] : []),
    "request.auth.audiences": () => notEmpty(textsAt(request.claims, ["aud"])),
    "request.auth.presenter": () => notEmpty(textsAt(request.claims, ["azp"])),
    "source.principal": () => sourceValues("principals", request),
    "source.namespace": () => sourceValues("namespaces", request),
    "source.serviceAccount": () => sourceValues("serviceAccounts", request),
    "source.trustDomain": () => sourceValues("trustDomains", request),
    "request.auth.principal": () => sourceValues("requestPrincipals", request),
  };
  return byAttribute[condition.attribute]();
}

/** An empty text is not there for `*`, and nothing else can be asked of it. */
function notEmpty(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => text !== "");
}

function anyMatches(matches: readonly ValueMatch[], values: readonly string[]): boolean {
  return values.some((value) => matches.some((match) => valueMatches(match, value)));
}

function valueMatches(match: ValueMatch, value: string): boolean {
  if (match.kind === "present") return true;
  if (match.kind === "exact") return value === match.value;
  if (match.kind === "prefix") return value.startsWith(match.value);
  if (match.kind === "suffix") return value.endsWith(match.value);
  if (match.kind === "wildcard") return isAround(match.value, value);
  return match.kind === "cidr" ? isInBlock(value, match.value) : templateExpression(match.value).test(value);
}

/** The texts on both sides of the star may touch, and may not overlap. */
function isAround(wildcard: string, value: string): boolean {
  const [start = "", end = ""] = wildcard.split("*");
  return value.length >= start.length + end.length && value.startsWith(start) && value.endsWith(end);
}

const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]";

function templateExpression(template: string): RegExp {
  const parts = template.split(/(\{\*\*?\})/u).map((part) => {
    if (part === "{*}") return `${SEGMENT}+`;
    if (part === "{**}") return `(?:${SEGMENT}|/)*`;
    return part.replaceAll(/[^a-zA-Z0-9/]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** Compares addresses as texts of bits. */
function isInBlock(address: string, block: string): boolean {
  const [network = "", count = ""] = block.split("/");
  if (network.includes(":") !== address.includes(":")) return false;
  return bitsOf(network).slice(0, Number(count)) === bitsOf(address).slice(0, Number(count));
}

function bitsOf(address: string): string {
  if (!address.includes(":"))
    return address
      .split(".")
      .map((part) => bits(Number(part), 8))
      .join("");
  const [head = "", tail = ""] = address.split("::");
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const missing = address.includes("::") ? 8 - before.length - after.length : 0;
  return [...before, ...Array<string>(missing).fill("0"), ...after]
    .map((group) => bits(Number.parseInt(group, 16), 16))
    .join("");
}

function groupsOf(half: string): readonly string[] {
  return half.split(":").filter((group) => group !== "");
}

function bits(value: number, size: number): string {
  return value.toString(2).padStart(size, "0");
}
