import { describe, expect, test } from "vitest";
import type { Mesh } from "../types.ts";
import { admitTexts, objectText } from "../testing/decode-text.ts";
import { covers } from "./host-match.ts";
import { authorizationPoliciesFor, telemetriesFor } from "./policies-for.ts";

function meshOf(...texts: readonly string[]): Mesh {
  return admitTexts({ "mesh.yaml": texts.join("---\n") }).mesh;
}

const named = (objects: readonly { readonly ref: { readonly name: string } }[]): string[] =>
  objects.map(({ ref }) => ref.name);

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

describe("policies of a workload", () => {
  const workload = objectText("WorkloadEntry", "address: 127.0.0.1\nlabels: { app: a }", "w");
  const select = (app: string): string => `selector: { matchLabels: { app: ${app} } }`;

  test("are those of the root namespace and of its own that select it", () => {
    const policy = (name: string, namespace: string, spec = "rules: [{}]"): string =>
      objectText("AuthorizationPolicy", spec, name, namespace);
    const mesh = meshOf(
      policy("root", "istio-system"),
      policy("root-other", "istio-system", select("b")),
      policy("own", "shop"),
      policy("other", "else"),
      policy("not", "shop", select("b")),
      workload,
    );
    const [target] = mesh.workloads;
    expect(target && named(authorizationPoliciesFor(mesh.authorizationPolicies, target, "istio-system"))).toEqual([
      "root",
      "own",
    ]);
  });

  const telemetry = (name: string, namespace: string, spec = "metrics: []"): string =>
    objectText("Telemetry", spec, name, namespace);

  test.each<[name: string, texts: readonly string[], expected: readonly string[]]>([
    [
      "the mesh's, the namespace's and the workload's, most general first",
      [telemetry("b", "shop", select("a")), telemetry("c", "shop"), telemetry("d", "istio-system")],
      ["d", "c", "b"],
    ],
    ["only the first of several for a whole namespace", [telemetry("c", "shop"), telemetry("b", "shop")], ["b"]],
    [
      "only the first of several that select it",
      [telemetry("c", "shop", select("a")), telemetry("b", "shop", select("a"))],
      ["b"],
    ],
    [
      "not those of another namespace, nor those that select others",
      [telemetry("a", "else"), telemetry("b", "shop", select("b"))],
      [],
    ],
  ])("Telemetries: %s", (_, texts, expected) => {
    const mesh = meshOf(workload, ...texts);
    const [target] = mesh.workloads;
    expect(target && named(telemetriesFor(mesh.telemetries, target, "istio-system"))).toEqual(expected);
  });

  test("the root namespace's own workloads get its Telemetry once", () => {
    const mesh = meshOf(
      objectText("WorkloadEntry", "address: 127.0.0.1", "w", "istio-system"),
      telemetry("a", "istio-system"),
    );
    const [target] = mesh.workloads;
    expect(target && named(telemetriesFor(mesh.telemetries, target, "istio-system"))).toEqual(["a"]);
  });
});

describe("VirtualServices", () => {
  const gateway = objectText(
    "Gateway",
    "selector: { istio: ingressgateway }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]",
    "gw",
  );
  const virtualService = (
    name: string,
    hosts: string,
    { gateways = "mesh", match = "{}", namespace = "shop" } = {},
  ): string =>
    objectText(
      "VirtualService",
      `hosts: [${hosts}]\ngateways: [${gateways}]\nhttp: [{ match: [${match}], directResponse: { status: 200 } }]`,
      name,
      namespace,
    );

  test("a match for a gateway that the VirtualService does not have is warned of", () => {
    const { diagnostics } = admitTexts({
      "a.yaml": [gateway, virtualService("a", "a.b", { gateways: "gw", match: "{ gateways: [mesh] }" })].join("---\n"),
    });
    expect(diagnostics.map(({ code, severity, field }) => [code, severity, field])).toEqual([
      ["IST0131", "warning", "spec.http[0].match[0].gateways[0]"],
    ]);
  });
});
