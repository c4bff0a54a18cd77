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
