import { describe, expect, test } from "vitest";
import { parseProcfile } from "../procfile.ts";
import type { MeshProxy } from "./api.ts";
import { envoyPorts, meshPorts, planChanges, planPrograms, unusedEntries, workloadName } from "./plan.ts";

const WEB: MeshProxy = {
  id: "web-v1.shop",
  kind: "sidecar",
  address: "127.0.0.1",
  inbound: [{ name: "http", appPort: 8001, listenPort: 20001 }],
  outbound: { address: "127.0.0.1", port: 10001 },
  gatewayPorts: [],
};
const EDGE: MeshProxy = {
  id: "edge.istio-system",
  kind: "gateway",
  address: "127.0.0.1",
  inbound: [],
  gatewayPorts: [8080],
};
const PROXIES = [EDGE, WEB];

describe("programs", () => {
  test("are told their port, their sidecar and their name", () => {
    expect(planPrograms(PROXIES, parseProcfile("web-v1: node web.js\nother: x"))).toEqual([
      {
        name: "web-v1",
        command: "node web.js",
        address: "127.0.0.1",
        port: 8001,
        env: { SLUICE_WORKLOAD: "web-v1.shop", PORT: "8001", HTTP_PROXY: "http://127.0.0.1:10001" },
      },
    ]);
  });

  test("are told where their sidecar leads to each TCP service, and these ports are the Envoy's", () => {
    const web = { ...WEB, tcp: [{ host: "db-1.shop", port: 5432, listenPort: 10_002 }] };
    const [program] = planPrograms([web], parseProcfile("web-v1: x"));
    expect(program?.env).toMatchObject({ SLUICE_TCP_DB_1_SHOP_5432: "127.0.0.1:10002" });
    expect(envoyPorts(web).at(-1)).toEqual({
      address: "127.0.0.1",
      port: 10_002,
      purpose: "the sidecar of web-v1.shop, db-1.shop:5432",
    });
  });

  test("may be named with their namespace", () => {
    expect(planPrograms(PROXIES, parseProcfile("web-v1.shop: x")).map(({ env }) => env["PORT"])).toEqual(["8001"]);
  });

  test("without a workload are not started", () => {
    expect(unusedEntries(PROXIES, parseProcfile("web-v1: x\nweb-v2: x"))).toEqual(["web-v2"]);
  });
});

test("the ports of a mesh, each with what for", () => {
  const programs = planPrograms(PROXIES, parseProcfile("web-v1: x"));
  expect(meshPorts(PROXIES, programs).map(({ port, purpose }) => `${port} ${purpose}`)).toMatchInlineSnapshot(`
    [
      "8080 the gateway edge.istio-system",
      "20001 the sidecar of web-v1.shop, inbound http",
      "10001 the sidecar of web-v1.shop, outbound",
      "8001 the program web-v1",
    ]
  `);
});

test.each([
  ["a.b", "a"],
  ["reviews.v1.shop", "reviews.v1"],
  ["alone", "alone"],
])("the workload of %s is %s", (id, name) => {
  expect(workloadName(id)).toBe(name);
});

test.each([
  ["nothing changes", { a: "1" }, { a: "1" }, [], []],
  ["one more", { a: "1" }, { a: "1", b: "1" }, [], ["b"]],
  ["one less", { a: "1", b: "1" }, { a: "1" }, ["b"], []],
  ["one is different", { a: "1", b: "1" }, { a: "1", b: "2" }, ["b"], ["b"]],
])("changes: %s", (_, running, wanted, stop, start) => {
  expect(planChanges(new Map(Object.entries(running)), new Map(Object.entries(wanted)))).toEqual({ stop, start });
});
