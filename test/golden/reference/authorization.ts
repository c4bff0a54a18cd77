import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  ValueMatch,
} from "../../../controlplane/src/model/types.ts";

/** What a request shows to an AuthorizationPolicy. `path` has no query; several values of a header are joined by commas. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly deniedBy: string };

/**
 * Istio's meaning of AuthorizationPolicy, by walking the rules as they are written. Slow and plain on purpose: it is
 * what the compiled programs are judged by.
 */
export function evaluate(policies: readonly AuthorizationPolicy[], request: RequestFacts): Decision {
  const rules = policies.flatMap((policy) =>
    policy.rules.map((rule, index) => ({
      action: policy.action,
      name: `ns[${policy.ref.namespace}]-policy[${policy.ref.name}]-rule[${index}]`,
      matches: ruleMatches(rule, request),
    })),
  );
  const denied = rules.filter((rule) => rule.action === "DENY" && rule.matches).map((rule) => rule.name);
  const [deniedBy] = denied.toSorted();
  if (deniedBy !== undefined) return { allowed: false, deniedBy };
  if (!policies.some((policy) => policy.action === "ALLOW")) return { allowed: true };
  if (rules.some((rule) => rule.action === "ALLOW" && rule.matches)) return { allowed: true };
  return { allowed: false, deniedBy: "none" };
}

function ruleMatches(rule: AuthorizationRule, request: RequestFacts): boolean {
  const to = rule.to.length === 0 || rule.to.some((operation) => operationMatches(operation, request));
  return to && rule.when.every((condition) => conditionMatches(condition, request));
}

function operationMatches(operation: AuthorizationOperation, request: RequestFacts): boolean {
  const host = (values: readonly ValueMatch[]): boolean =>
    values.some((match) => valueMatches(lowerCase(match), request.host.toLowerCase()));
  const method = (values: readonly ValueMatch[]): boolean =>
    values.some((match) => valueMatches(match, request.method));
  const path = (values: readonly ValueMatch[]): boolean =>
    values.some((match) => (match.kind === "present" ? request.path !== "" : valueMatches(match, request.path)));
  return (
    (operation.hosts.length === 0 || host(operation.hosts)) &&
    !host(operation.notHosts) &&
    (operation.ports.length === 0 || operation.ports.includes(request.port)) &&
    !operation.notPorts.includes(request.port) &&
    (operation.methods.length === 0 || method(operation.methods)) &&
    !method(operation.notMethods) &&
    (operation.paths.length === 0 || path(operation.paths)) &&
    !path(operation.notPaths)
  );
}

function conditionMatches(condition: AuthorizationCondition, request: RequestFacts): boolean {
  const value = request.headers[condition.header];
  const any = (values: readonly ValueMatch[]): boolean =>
    value !== undefined && values.some((match) => valueMatches(match, value));
  return (condition.values.length === 0 || any(condition.values)) && !any(condition.notValues);
}

function valueMatches(match: ValueMatch, value: string): boolean {
  if (match.kind === "present") return true;
  if (match.kind === "exact") return value === match.value;
  if (match.kind === "prefix") return value.startsWith(match.value);
  if (match.kind === "suffix") return value.endsWith(match.value);
  return templateExpression(match.value).test(value);
}

function lowerCase(match: ValueMatch): ValueMatch {
  return match.kind === "present" ? match : { kind: match.kind, value: match.value.toLowerCase() };
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
