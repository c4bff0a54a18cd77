import { expect, test } from "vitest";
import { DestinationRules, subsetPolicy } from "./destination-rule.ts";
import { destinationRule, ref, service } from "./mesh-fixture.ts";

const target = service("a.com", { namespace: "server" });
const random = { loadBalancer: { simple: "RANDOM" as const } };

const root = "istio-system";

function from(namespace: string, labels = {}) {
  return { namespace, labels };
}

function rule(host: string, namespace: string, name = host) {
  return destinationRule(host, { ref: ref("DestinationRule", name, namespace) });
}

test.each<[string, [string, string][], string | undefined]>([
  ["none", [], undefined],
  [
    "the client's before the service's",
    [
      ["a.com", "server"],
      ["a.com", "client"],
    ],
    "client/a.com",
  ],
  [
    "the service's before the root namespace's",
    [
      ["a.com", "istio-system"],
      ["a.com", "server"],
    ],
    "server/a.com",
  ],
  ["the root namespace's", [["a.com", "istio-system"]], "istio-system/a.com"],
  [
    "a wildcard of the client before an exact one of the service",
    [
      ["*.com", "client"],
      ["a.com", "server"],
    ],
    "client/*.com",
  ],
  [
    "the exact one of a namespace",
    [
      ["*.com", "server"],
      ["a.com", "server"],
    ],
    "server/a.com",
  ],
  ["not one of a third namespace", [["a.com", "other"]], undefined],
])("finds %s", (_, rules, expected) => {
  const found = new DestinationRules(
    rules.map(([host, namespace]) => rule(host, namespace)),
    root,
  ).find(from("client"), target);
  expect(found?.refs.map(({ namespace, name }) => `${namespace}/${name}`)[0]).toBe(expected);
});

test("rules of the root namespace come last for clients in it, too", () => {
  const rules = new DestinationRules([rule("*.com", root), rule("a.com", "server")], root);
  expect(rules.find(from(root), target)?.refs[0]?.name).toBe("a.com");
  expect(rules.find(from(root), service("b.com"))?.refs[0]?.name).toBe("*.com");
});

test("merges rules of one host: all subsets, the first of each name, the first policy", () => {
  const rules = new DestinationRules(
    [
      destinationRule("a.com", { subsets: [{ name: "v1", labels: { version: "v1" } }] }),
      destinationRule("a.com", {
        trafficPolicy: random,
        subsets: [
          { name: "v1", labels: { version: "other" } },
          { name: "v2", labels: { version: "v2" } },
        ],
      }),
    ],
    root,
  );
  const found = rules.find(from("default"), target);
  expect(found?.subsets.map(({ labels }) => labels["version"])).toEqual(["v1", "v2"]);
  expect(subsetPolicy(found, "v1", 80)).toEqual(random);
});

test("clients without rules of their own have one view", () => {
  const rules = new DestinationRules([rule("a.com", "client")], root);
  expect(["client", "x", "y"].map((namespace) => rules.view(from(namespace)))).toEqual(["client", "", ""]);
});

test("a rule is for those that it is exported to", () => {
  const rules = new DestinationRules(
    [
      { ...rule("a.com", "server", "private"), exportTo: ["server"] },
      { ...rule("a.com", "istio-system", "named"), exportTo: ["client"] },
    ],
    root,
  );
  const names = ["server", "client", "other"].map((namespace) => rules.find(from(namespace), target)?.refs[0]?.name);
  expect(names).toEqual(["private", "named", undefined]);
  expect(rules.view(from("client"))).not.toBe(rules.view(from("other")));
});

test("a rule that picks its clients wins for those, and is hidden from all others", () => {
  const rules = new DestinationRules(
    [rule("a.com", "client", "all"), { ...rule("a.com", "client", "some"), workloadSelector: { app: "x" } }],
    root,
  );
  const clients = [from("client", { app: "x" }), from("client", { app: "y" }), from("other", { app: "x" })];
  expect(clients.map((client) => rules.find(client, target)?.refs[0]?.name)).toEqual(["some", "all", undefined]);
  expect(new Set(clients.map((client) => rules.view(client))).size).toBe(3);
});

test("a subset's settings for a port replace all that the rule says for it, and nothing else", () => {
  const rules = new DestinationRules(
    [
      destinationRule("a.com", {
        trafficPolicy: { ...random, retryBudget: { percent: 1, minRetryConcurrency: 1 } },
        subsets: [
          { name: "v1", labels: {}, trafficPolicy: { ports: [{ number: 80, connectionPool: { maxConnections: 1 } }] } },
        ],
      }),
    ],
    root,
  );
  const found = rules.find(from("default"), target);
  expect(subsetPolicy(found, "v1", 80)).toEqual({
    connectionPool: { maxConnections: 1 },
    retryBudget: { percent: 1, minRetryConcurrency: 1 },
  });
  expect(subsetPolicy(found, "v1", 81)).toMatchObject(random);
});
