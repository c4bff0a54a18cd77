import { describe, expect, test } from "vitest";
import type { AuthorizationPolicy, AuthorizationRule } from "../../model/types.ts";
import { explainAuthorization } from "./explain.ts";
import type { AuthorizationRequest } from "./request.ts";

const position = { file: "policy.yaml", line: 1, column: 1 };

function policy(
  name: string,
  action: AuthorizationPolicy["action"],
  rules: readonly Partial<AuthorizationRule>[],
  dryRun?: true,
): AuthorizationPolicy {
  return {
    ref: { kind: "AuthorizationPolicy", namespace: "shop", name, position },
    labels: {},
    selector: {},
    action,
    ...(dryRun ? { dryRun } : {}),
    rules: rules.map((rule) => ({ to: [], when: [], ...rule })),
  };
}

const peer = "spiffe://cluster.local/ns/shop/sa/cart";
const request: AuthorizationRequest = {
  method: "GET",
  path: "/orders",
  host: "orders.shop",
  port: 8080,
  headers: { "x-user": "ada" },
  sourceIp: "10.0.0.1",
  remoteIp: "10.0.0.1",
  destinationIp: "10.0.0.2",
  peer,
};
const user = (value: string): AuthorizationRule["when"] => [
  { header: "x-user", values: [{ kind: "exact", value }], notValues: [] },
];
const cart = [{ principals: [{ kind: "exact", value: peer.slice("spiffe://".length) } as const] }];

describe("explaining a decision", () => {
  test.each<[string, readonly AuthorizationPolicy[], string]>([
    ["nothing applies", [], "allowed: no rule denies it, and there is no ALLOW policy"],
    ["an ALLOW rule matches", [policy("a", "ALLOW", [{ from: cart }])], "allowed by ns[shop]-policy[a]-rule[0]"],
    [
      "no ALLOW rule matches",
      [policy("a", "ALLOW", [{ when: user("eve") }])],
      "denied: no rule of the ALLOW policies matches (shop/a)",
    ],
    [
      "a DENY rule matches, whatever is allowed",
      [policy("a", "ALLOW", [{}]), policy("d", "DENY", [{ when: user("eve") }, { when: user("ada") }])],
      "denied by ns[shop]-policy[d]-rule[1]",
    ],
    [
      "a policy on trial has no effect",
      [policy("d", "DENY", [{}], true)],
      "allowed: no rule denies it, and there is no ALLOW policy",
    ],
  ])("%s", (_, policies, summary) => {
    expect(explainAuthorization(policies, request).summary).toBe(summary);
  });

  test("each rule has the field that keeps it from matching", () => {
    const policies = [
      policy("a", "ALLOW", [
        { from: [{ notPrincipals: cart[0]?.principals ?? [] }] },
        { from: cart, when: user("eve") },
        { from: cart },
      ]),
    ];
    expect(explainAuthorization(policies, request).rules.map(({ mismatch }) => mismatch)).toEqual([
      "from[0].source.notPrincipals",
      "when[0].values",
      undefined,
    ]);
  });

  test("a policy on trial and one that audits say what they saw", () => {
    const policies = [policy("d", "DENY", [{}], true), policy("l", "AUDIT", [{ when: user("ada") }])];
    expect(explainAuthorization(policies, request)).toMatchObject({
      decision: { allowed: true },
      dryRun: { allowed: false, deniedBy: "ns[shop]-policy[d]-rule[0]" },
      audited: ["ns[shop]-policy[l]-rule[0]"],
    });
  });
});
