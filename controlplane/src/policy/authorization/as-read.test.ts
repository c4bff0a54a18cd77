import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AuthorizationPolicy, AuthorizationRule } from "../../model/types.ts";
import { asRead } from "./as-read.ts";
import { explainAuthorization } from "./explain.ts";

function policy(action: AuthorizationPolicy["action"], rule: Partial<AuthorizationRule>): AuthorizationPolicy {
  const ref = {
    kind: "AuthorizationPolicy",
    namespace: "shop",
    name: "p",
    position: { file: "p", line: 1, column: 1 },
  };
  return { ref, labels: {}, selector: {}, action, rules: [{ to: [], when: [], ...rule }] };
}

const NOTHING = {
  hosts: [],
  notHosts: [],
  ports: [],
  notPorts: [],
  methods: [],
  notMethods: [],
  paths: [],
  notPaths: [],
};
const connection = { headers: {}, port: 3306, sourceIp: "10.0.0.1", remoteIp: "10.0.0.1", destinationIp: "10.0.0.2" };
const gets = { to: [{ ...NOTHING, methods: [{ kind: "exact", value: "GET" } as const] }] };
const port = { to: [{ ...NOTHING, ports: [3306] }] };
const both = { to: [{ ...NOTHING, ports: [1], methods: [{ kind: "exact", value: "GET" } as const] }] };

describe("a connection that is not HTTP, by a policy with", () => {
  test.each<[what: string, action: AuthorizationPolicy["action"], rule: Partial<AuthorizationRule>, allowed: boolean]>([
    ["ALLOW of a method", "ALLOW", gets, false],
    ["DENY of a method", "DENY", gets, false],
    ["DENY of a method at another port", "DENY", both, true],
    ["ALLOW of its port", "ALLOW", port, true],
    ["DENY of its port", "DENY", port, false],
    ["ALLOW of a header", "ALLOW", { when: [{ header: "x", values: [{ kind: "present" }], notValues: [] }] }, false],
    ["DENY of a claim", "DENY", { when: [{ claim: ["x"], values: [{ kind: "present" }], notValues: [] }] }, false],
    ["ALLOW of any token", "ALLOW", { from: [{ requestPrincipals: [{ kind: "present" }] }] }, false],
    ["ALLOW of its address", "ALLOW", { from: [{ ipBlocks: [{ kind: "cidr", value: "10.0.0.0/8" }] }] }, true],
  ])("%s", (_, action, rule, allowed) => {
    const { decision } = explainAuthorization([policy(action, rule)], connection, { protocol: "tcp" });
    expect(decision.allowed).toBe(allowed);
  });
});

describe("principals by the names of a trust domain", () => {
  const cart = { from: [{ principals: [{ kind: "exact", value: "cluster.local/ns/shop/sa/cart" } as const] }] };
  const trust = { domain: "new.org", aliases: ["old.org"] };
  test.each([
    ["new.org", true],
    ["old.org", true],
    ["cluster.local", false],
    ["other.org", false],
  ])("%s: %s", (domain, allowed) => {
    const request = { ...connection, peer: `spiffe://${domain}/ns/shop/sa/cart` };
    expect(explainAuthorization([policy("ALLOW", cart)], request, { trust }).decision.allowed).toBe(allowed);
  });
});

test("every rule keeps its place (property)", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(gets, port, both)), fc.constantFrom("http", "tcp"), (rules, protocol) => {
      const all = rules.map((rule) => ({ when: [], ...rule }));
      expect(asRead({ action: "ALLOW", rules: all }, { protocol }).length).toBe(rules.length);
    }),
    { numRuns: 20 },
  );
});
