import { parseNamespace } from "../../controlplane/src/model/kinds/authorization-value.ts";
import type { HeaderPolicy, HeaderPolicyOperations } from "../../controlplane/src/model/header-policy.ts";
import type { FaultInjection } from "../../controlplane/src/model/fault-injection.ts";
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  Telemetry,
  TelemetryOverride,
  ValueMatch,
} from "../../controlplane/src/model/types.ts";

const position = { file: "policy.yaml", line: 1, column: 1 };

/** An AuthorizationPolicy of namespace `bookinfo` with only what a case is about. */
export function authorizationPolicy(
  name: string,
  action: AuthorizationPolicy["action"],
  ...rules: readonly Partial<AuthorizationRule>[]
): AuthorizationPolicy {
  return {
    ref: { kind: "AuthorizationPolicy", namespace: "bookinfo", name, position },
    labels: {},
    selector: {},
    action,
    rules: rules.map((rule) => ({ to: [], when: [], ...rule })),
  };
}

export function operation(fields: Partial<AuthorizationOperation>): AuthorizationOperation {
  const empty = {
    hosts: [],
    notHosts: [],
    ports: [],
    notPorts: [],
    methods: [],
    notMethods: [],
    paths: [],
    notPaths: [],
  };
  return { ...empty, ...fields };
}

export function telemetry(...overrides: readonly TelemetryOverride[]): Telemetry {
  return {
    ref: { kind: "Telemetry", namespace: "istio-system", name: "default", position },
    labels: {},
    selector: {},
    overrides,
  };
}

/** Values as a user writes them: `*`, `abc*`, `*abc`, `abc`, and templates. */
export function values(...texts: readonly string[]): readonly ValueMatch[] {
  return texts.map((text): ValueMatch => {
    if (text.includes("{")) return { kind: "template", value: text };
    if (text === "*") return { kind: "present" };
    if (text.startsWith("*")) return { kind: "suffix", value: text.slice(1) };
    if (text.endsWith("*")) return { kind: "prefix", value: text.slice(0, -1) };
    return { kind: "exact", value: text };
  });
}

/** Namespaces as a user writes them: besides, a star may stand inside. */
export function namespaces(...texts: readonly string[]): readonly ValueMatch[] {
  return texts.flatMap((text) => parseNamespace(text) ?? []);
}

/** A FaultInjection of namespace `shop` for the host `a`, which ends in the year 2100. */
export function faultInjection(name: string, fields: Partial<FaultInjection>): FaultInjection {
  return {
    ref: { kind: "FaultInjection", namespace: "shop", name, position },
    labels: {},
    hosts: ["a"],
    routes: [],
    side: "CLIENT",
    selector: {},
    match: [],
    phase: "REQUEST",
    responseCodes: [],
    expiresMs: Date.UTC(2100, 0, 1),
    optOutHeader: "x-sluice-no-fault",
    mark: true,
    ...fields,
  };
}

const noOperations = { rename: {}, remove: [], set: {}, add: {}, default: {}, rewrite: {} };

/** Operations of a HeaderPolicy, with only what a case is about. */
export function headerOperations(fields: Partial<HeaderPolicyOperations>): HeaderPolicyOperations {
  return { ...noOperations, ...fields };
}

/** A HeaderPolicy of namespace `shop` for the host `a`. */
export function headerPolicy(fields: Partial<HeaderPolicy>): HeaderPolicy {
  return {
    ref: { kind: "HeaderPolicy", namespace: "shop", name: "h", position },
    labels: {},
    hosts: ["a"],
    routes: [],
    selector: {},
    cookies: [],
    ...fields,
  };
}
