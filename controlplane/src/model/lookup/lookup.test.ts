import { expect, test } from "vitest";
import { admitTexts, objectText } from "../testing/decode-text.ts";
import { indexDestinationRules } from "./destination-rule-for.ts";
import { covers } from "./host-match.ts";
import { authorizationPoliciesFor } from "./policies-for.ts";

test.each<[pattern: string, host: string, expected: boolean]>([
  ["*", "a.b", true],
  ["*.b", "a.b", true],
  ["*.b", "b", false],
  ["*.b", "*.a.b", true],
  ["a.b", "a.b", true],
  ["a.b", "*.b", false],
])("%s covers %s: %s", (pattern, host, expected) => {
  expect(covers(pattern, host)).toBe(expected);
});

test("a DestinationRule is looked up by client, service and root namespace, and merged within one", () => {
  const rule = (name: string, namespace: string, host: string): string =>
    objectText("DestinationRule", `host: "${host}"\nsubsets: [{ name: ${name} }]`, name, namespace);
  const texts = [
    rule("r", "istio-system", "a.b"),
    rule("s", "service", "a.b"),
    rule("t", "service", "a.b"),
    rule("c", "client", "*.b"),
  ];
  const find = indexDestinationRules(admitTexts({ "r.yaml": texts.join("---\n") }).mesh.destinationRules);
  const names = (client: string, service: string): string[] | undefined =>
    find("a.b", client, service)?.subsets.map((subset) => subset.name);
  expect([names("client", "service"), names("x", "service"), names("x", "y")]).toEqual([["c"], ["s", "t"], ["r"]]);
});

test("policies of the root namespace and of the workload's own apply", () => {
  const policy = (name: string, namespace: string, spec = "rules: [{}]"): string =>
    objectText("AuthorizationPolicy", spec, name, namespace);
  const workload = objectText("WorkloadEntry", "address: 127.0.0.1\nlabels: { app: a }", "w");
  const texts = [
    policy("root", "istio-system"),
    policy("own", "shop"),
    policy("other", "else"),
    policy("not", "shop", "selector: { matchLabels: { app: b } }"),
    workload,
  ];
  const { mesh } = admitTexts({ "p.yaml": texts.join("---\n") });
  const [target] = mesh.workloads;
  expect(target && authorizationPoliciesFor(mesh.authorizationPolicies, target).map((one) => one.ref.name)).toEqual([
    "root",
    "own",
  ]);
});
