import type { AuthorizationOperation, AuthorizationPolicy } from "../../controlplane/src/model/types.ts";

const NO_OPERATION: AuthorizationOperation = {
  hosts: [],
  notHosts: [],
  ports: [],
  notPorts: [],
  methods: [],
  notMethods: [],
  paths: [],
  notPaths: [],
};

/** An AuthorizationPolicy with one rule for one operation, in force for every workload. */
export function policyFor(
  action: AuthorizationPolicy["action"],
  name: string,
  operation: Partial<AuthorizationOperation>,
): AuthorizationPolicy {
  return {
    ref: { kind: "AuthorizationPolicy", namespace: "bench", name, position: { file: "bench", line: 1, column: 1 } },
    labels: {},
    selector: {},
    action,
    rules: [{ to: [{ ...NO_OPERATION, ...operation }], when: [] }],
  };
}
