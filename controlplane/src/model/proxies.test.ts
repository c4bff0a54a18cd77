import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PortAllotment } from "./allot-ports.ts";
import { admitTexts, objectText } from "./testing/decode-text.ts";
import type { Mesh, Proxy } from "./types.ts";

const workload = (name: string, port = 8080): string =>
  objectText("WorkloadEntry", `address: 127.0.0.1\nports: { http: ${port} }\nlabels: { app: ${name} }`, name);

function meshOf(texts: readonly string[]): Mesh {
  return admitTexts(Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text]))).mesh;
}

/** Every allotted port by what it is for. */
function ports(proxies: readonly Proxy[]): Record<string, number> {
  return Object.fromEntries(
    proxies.flatMap(({ id, inbound, outbound }) => [
      ...inbound.map((port) => [`${id}:${port.appPort}`, port.listenPort] as const),
      ...(outbound === undefined ? [] : [[id, outbound.port] as const]),
    ]),
  );
}

describe("ports of sidecars", () => {
  const names = Array.from({ length: 40 }, (_, index) => `w${index}`);
  const texts = names.map((name, index) => workload(name, 3000 + index));
  const allotted = ports(meshOf(texts).proxies);

  test("are the same for the same objects, in whatever order the files come (property)", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (shuffled) => {
        expect(ports(meshOf(shuffled).proxies)).toEqual(allotted);
      }),
      { numRuns: 10 },
    );
  });

  test("never change between releases without a reason: every sidecar would have to start anew", () => {
    expect(ports(meshOf([workload("a")]).proxies)).toEqual({ "a.shop:8080": 26_240, "a.shop": 15_226 });
  });

  test("are all different, in their ranges, and none of Istio's", () => {
    const values = Object.values(allotted);
    expect(new Set(values).size).toBe(values.length);
    for (const [what, port] of Object.entries(allotted)) {
      expect(port, what).toBeGreaterThanOrEqual(what.includes(":") ? 20_000 : 10_000);
      expect(port, what).toBeLessThanOrEqual(what.includes(":") ? 29_999 : 19_999);
      expect(port >= 15_000 && port <= 15_099, what).toBe(false);
    }
  });

  test("of the others stay when an unrelated workload comes", () => {
    const moved = names.filter((_, index) => {
      const more = ports(meshOf([...texts, workload(`new-${index}`)]).proxies);
      return Object.entries(allotted).some(([what, port]) => more[what] !== port);
    });
    // Only a collision of hashes moves one: at 80 of 20,000 ports, one in some hundred newcomers.
    expect(moved.length).toBeLessThanOrEqual(1);
  });

  test("avoid what the YAML names, wherever it does", () => {
    const taken = allotted["w0.shop"] ?? 0;
    const inbound = allotted["w0.shop:3000"] ?? 0;
    const service = objectText(
      "ServiceEntry",
      `hosts: [x.y]\nresolution: STATIC\nports: [{ number: ${taken}, name: http }]\nendpoints: [{ address: 127.0.0.1, ports: { http: ${inbound} } }]`,
    );
    const now = ports(meshOf([...texts, service]).proxies);
    expect(Object.values(now)).not.toContain(taken);
    expect(Object.values(now)).not.toContain(inbound);
  });
});

test("a range hands out every port once, and then none", () => {
  const range = new PortAllotment({ first: 10, last: 14 }, [12, 99]);
  const got = ["a", "b", "c", "d"].map((name) => range.allot(name));
  expect(new Set(got)).toEqual(new Set([10, 11, 13, 14]));
  expect(range.allot("e")).toBe(undefined);
});

describe("gateways", () => {
  const gateway = (name: string, selector: string): string =>
    objectText(
      "Gateway",
      `selector: { ${selector} }\nservers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }]`,
      name,
    );
  const summary = (...texts: readonly string[]): unknown =>
    meshOf(texts).proxies.map((proxy) => [
      proxy.id,
      proxy.kind,
      proxy.workload.address,
      proxy.gateways.map(({ ref }) => ref.name),
    ]);

  test.each<[name: string, texts: readonly string[], expected: unknown]>([
    [
      "without a workload is implied, named as Istio's",
      [gateway("g", "istio: ingressgateway")],
      [["istio-ingressgateway.istio-system", "gateway", "127.0.0.1", ["g"]]],
    ],
    ["is named by its app else", [gateway("g", "app: edge")], [["edge.istio-system", "gateway", "127.0.0.1", ["g"]]]],
    ["is named by itself else", [gateway("g", "x: y")], [["g.istio-system", "gateway", "127.0.0.1", ["g"]]]],
    [
      "shares the implied workload with others of the same selector",
      [gateway("h", "istio: ingressgateway"), gateway("g", "istio: ingressgateway")],
      [["istio-ingressgateway.istio-system", "gateway", "127.0.0.1", ["g", "h"]]],
    ],
    [
      "runs where its selector says, which is then no sidecar",
      [gateway("g", "app: w"), workload("w"), workload("v")],
      [
        ["v.shop", "sidecar", "127.0.0.1", []],
        ["w.shop", "gateway", "127.0.0.1", ["g"]],
      ],
    ],
  ])("a Gateway %s", (_, texts, expected) => {
    expect(summary(...texts)).toEqual(expected);
  });
});
