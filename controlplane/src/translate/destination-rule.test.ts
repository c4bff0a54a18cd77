import { expect, test } from "vitest";
import { DestinationRules, subsetPolicy } from "./destination-rule.ts";
import { destinationRule, ref, service } from "./mesh-fixture.ts";

const target = service("a.com", { namespace: "server" });
const random = { loadBalancer: { simple: "RANDOM" as const } };

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
  const found = new DestinationRules(rules.map(([host, namespace]) => rule(host, namespace))).find("client", target);
  expect(found?.refs.map(({ namespace, name }) => `${namespace}/${name}`)[0]).toBe(expected);
});

test("merges rules of one host: all subsets, the first of each name, the first policy", () => {
  const rules = new DestinationRules([
    destinationRule("a.com", { subsets: [{ name: "v1", labels: { version: "v1" } }] }),
    destinationRule("a.com", {
      trafficPolicy: random,
      subsets: [
        { name: "v1", labels: { version: "other" } },
        { name: "v2", labels: { version: "v2" } },
      ],
    }),
  ]);
  const found = rules.find("default", target);
  expect(found?.subsets.map(({ labels }) => labels["version"])).toEqual(["v1", "v2"]);
  expect(subsetPolicy(found, "v1")).toEqual(random);
});

test("clients without rules of their own have one view", () => {
  const rules = new DestinationRules([rule("a.com", "client")]);
  expect([rules.view("client"), rules.view("x"), rules.view("y")]).toEqual(["client", "", ""]);
});
