import { describe, expect, test } from "vitest";
import type { ObjectRef, Proxy } from "../model/types.ts";
import type { ProxySnapshot } from "../snapshot/types.ts";
import { drive, resourceOf, settle, snapshotOf } from "../xds/kit.ts";
import type { Driver } from "../xds/kit.ts";
import { StatusMemory } from "./memory.ts";
import { report } from "./report.ts";
import type { StatusInput } from "./report.ts";

const ref: ObjectRef = {
  kind: "VirtualService",
  namespace: "shop",
  name: "front",
  position: { file: "shop.yaml", line: 7, column: 1 },
};
const proxy: Proxy = {
  id: "p",
  kind: "sidecar",
  workload: {
    ref,
    labels: {},
    name: "p",
    namespace: "shop",
    address: "127.0.0.1",
    ports: {},
    weight: 1,
    serviceAccount: "",
  },
  inbound: [],
  gateways: [],
};

const empty = snapshotOf({});
const snapshot: ProxySnapshot = {
  ...empty,
  resources: {
    ...empty.resources,
    cluster: new Map([["c", resourceOf("cluster", "c", "1")]]),
    route: new Map([["r", { ...resourceOf("route", "r", "1"), origins: [ref] }]]),
  },
};

function reportOf(
  driver: Driver | undefined,
  more: Partial<StatusInput> = {},
  memory?: StatusMemory,
): ReturnType<typeof report> {
  const since = "2026-01-01T00:00:00.000Z";
  const streams =
    driver === undefined
      ? []
      : [
          [
            "p",
            {
              states: [driver.state],
              connectedSince: since,
              nodeId: "p",
              metadata: {},
              envoyVersion: "1.40.0",
              proxyClass: "envoy 1.40.0",
            },
          ] as const,
        ];
  const input = {
    proxies: [proxy],
    snapshots: { byProxy: new Map([["p", snapshot]]), changed: new Set<string>() },
    streams: new Map(streams),
    objects: [{ ref, state: "applied" as const }],
    diagnostics: [],
    ...more,
  };
  return report(input, memory);
}

const contents = { cluster: { c: "1" }, route: { r: "1" } };

describe("a proxy", () => {
  test("that is not connected is STALE, and the reason says so", () => {
    const { proxies, objects } = reportOf(undefined);
    expect(proxies[0]).toMatchObject({ state: "STALE", reason: "not connected", connected: false });
    expect(objects[0]).toMatchObject({ file: "shop.yaml", line: 7, proxies: { total: 1, acked: 0, rejected: 0 } });
  });

  test("that has acknowledged everything is SYNCED", () => {
    const driver = drive(contents);
    settle(driver, driver.request("cluster"));
    settle(driver, driver.request("route", { subscribe: ["r"] }));
    const { proxies, objects } = reportOf(driver);
    expect(proxies[0]).toMatchObject({ state: "SYNCED", envoyVersion: "1.40.0", resources: { total: 2, acked: 2 } });
    expect(proxies[0]).not.toHaveProperty("reason");
    expect(objects[0]?.proxies).toEqual({ total: 1, acked: 1, rejected: 0 });
  });

  test("that has it from an earlier control plane is SYNCED after it reconnects", () => {
    const driver = drive(contents);
    settle(driver, driver.request("cluster", { initialVersions: { c: "1" } }));
    settle(driver, driver.request("route", { subscribe: ["r"], initialVersions: { r: "1" } }));
    expect(reportOf(driver).proxies[0]?.state).toBe("SYNCED");
  });

  test("that has not answered yet is STALE, and the reason names what is missing", () => {
    const driver = drive(contents);
    driver.request("cluster");
    expect(reportOf(driver).proxies[0]).toMatchObject({ state: "STALE", reason: "waiting for the ACK of cluster c" });
  });

  test("that never asked for a resource is STALE", () => {
    const driver = drive(contents);
    settle(driver, driver.request("cluster"));
    expect(reportOf(driver).proxies[0]).toMatchObject({ state: "STALE", reason: "Envoy has not asked for route r" });
  });

  test("that refused something is REJECTED, with Envoy's words and the user's object", () => {
    const driver = drive(contents);
    settle(driver, driver.request("cluster"));
    const [response] = driver.request("route", { subscribe: ["r"] }).responses;
    driver.nack(response!, "Duplicate entry of domain x in route r");
    const { proxies, objects } = reportOf(driver);
    expect(proxies[0]).toMatchObject({
      state: "REJECTED",
      rejected: [
        {
          type: "route",
          resource: "r",
          message: "Duplicate entry of domain x in route r",
          objects: [{ kind: "VirtualService", namespace: "shop", name: "front", file: "shop.yaml", line: 7 }],
        },
      ],
    });
    expect(objects[0]?.proxies).toEqual({ total: 1, acked: 0, rejected: 1 });
  });
});

test("an Envoy that the mesh does not know is listed", () => {
  const driver = drive({});
  const { unknown } = reportOf(driver, { proxies: [] });
  expect(unknown).toEqual([{ id: "p", connectedSince: "2026-01-01T00:00:00.000Z", envoyVersion: "1.40.0" }]);
});

describe("with a memory", () => {
  const memory = new StatusMemory();
  const driver = drive(contents);
  settle(driver, driver.request("cluster"));

  test("a proxy's status is the same object until something happens on its streams", () => {
    const first = reportOf(driver, {}, memory).proxies[0];
    expect(reportOf(driver, {}, memory).proxies[0]).toBe(first);
    const effects = driver.request("route", { subscribe: ["r"] });
    expect(reportOf(driver, {}, memory).proxies[0]).toMatchObject({ reason: "waiting for the ACK of route r" });
    settle(driver, effects);
    expect(reportOf(driver, {}, memory)).toEqual(reportOf(driver));
  });

  test("what is counted for objects follows, also when a proxy goes away", () => {
    expect(reportOf(undefined, {}, memory)).toEqual(reportOf(undefined));
    expect(reportOf(driver, {}, memory)).toEqual(reportOf(driver));
    const more = { snapshots: { byProxy: new Map(), changed: new Set<string>() } };
    expect(reportOf(driver, more, memory)).toEqual(reportOf(driver, more));
    expect(reportOf(driver, { proxies: [] }, memory)).toEqual(reportOf(driver, { proxies: [] }));
    expect(memory.counts.size).toBe(0);
  });
});

test("of virtual hosts on demand only those count that the Envoy has asked for", () => {
  const names = ["r/a", "r/b", "r/*"];
  const virtualHost = new Map(names.map((name) => [name, { ...resourceOf("virtualHost", name, "1"), origins: [ref] }]));
  const onDemand = { ...empty, resources: { ...empty.resources, virtualHost } };
  const driver = drive({ virtualHost: { "r/a": "1", "r/b": "1" } });
  const { responses } = driver.request("virtualHost", { subscribe: ["r/a"] });
  const more = { snapshots: { byProxy: new Map([["p", onDemand]]), changed: new Set<string>() } };
  expect(reportOf(driver, more).proxies[0]).toMatchObject({ state: "STALE", resources: { total: 1, acked: 0 } });
  driver.ack(responses[0]!);
  const { proxies, objects } = reportOf(driver, more);
  expect(proxies[0]).toMatchObject({ state: "SYNCED", resources: { total: 1, acked: 1 } });
  expect(objects[0]?.proxies).toEqual({ total: 1, acked: 1, rejected: 0 });
});
