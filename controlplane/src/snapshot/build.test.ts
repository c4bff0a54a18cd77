import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { ClusterSchema, Cluster_DiscoveryType } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { ObjectRef } from "../model/types.ts";
import { buildSnapshots, emptySnapshotSet } from "./build.ts";
import { encode } from "./encode.ts";
import type { Resource } from "./types.ts";

const origin = (line: number): ObjectRef => ({
  kind: "ServiceEntry",
  namespace: "n",
  name: "s",
  position: { file: "s.yaml", line, column: 1 },
});

function cluster(name: string, altStatName: string, origins: readonly ObjectRef[] = []): Resource {
  const type = { case: "type", value: Cluster_DiscoveryType.EDS } as const;
  const message = create(ClusterSchema, { name, altStatName, clusterDiscoveryType: type, edsClusterConfig: {} });
  return { kind: "cluster", name, schema: ClusterSchema, message, origins };
}

function route(labels: Record<string, string>): Resource {
  const metadata = { filterMetadata: { sluice: labels } };
  const message = create(RouteConfigurationSchema, { name: "r", virtualHosts: [{ name: "v", metadata }] });
  return { kind: "route", name: "r", schema: RouteConfigurationSchema, message, origins: [] };
}

describe("encode", () => {
  test("a resource object is encoded once", () => {
    const resource = cluster("a", "1");
    expect(encode(resource)).toBe(encode(resource));
  });

  test("the version depends on the content alone", () => {
    expect(encode(cluster("a", "1")).version).toBe(encode(cluster("a", "1")).version);
    expect(encode(cluster("a", "1")).version).not.toBe(encode(cluster("a", "2")).version);
    expect(encode(cluster("a", "1")).version).toMatch(/^[0-9a-f]{16}$/);
  });

  test("the order in which a map was filled does not count", () => {
    expect(encode(route({ a: "1", b: "2" })).version).toBe(encode(route({ b: "2", a: "1" })).version);
  });

  test("an EDS cluster names its endpoint resource", () => {
    expect(encode(cluster("a", "")).endpoint).toBe("a");
    const message = create(ClusterSchema, { name: "a", edsClusterConfig: { serviceName: "e" } });
    expect(encode({ ...cluster("a", ""), message }).endpoint).toBe("e");
    expect(encode({ ...cluster("a", ""), message: create(ClusterSchema, { name: "a" }) })).not.toHaveProperty(
      "endpoint",
    );
  });
});

describe("buildSnapshots", () => {
  test("proxies that need the same resource share its bytes", () => {
    const shared = cluster("a", "1");
    const { byProxy } = buildSnapshots(
      [
        { proxy: "p", resources: [shared] },
        { proxy: "q", resources: [shared] },
      ],
      emptySnapshotSet,
    );
    const [p, q] = [...byProxy.values()].map(({ resources }) => resources.cluster.get("a"));
    expect(p).toBe(q);
  });

  test("what did not change is the same object as before, also when translated anew", () => {
    const first = buildSnapshots([{ proxy: "p", resources: [cluster("a", "1"), route({ x: "1" })] }], emptySnapshotSet);
    const same = buildSnapshots([{ proxy: "p", resources: [cluster("a", "1"), route({ x: "1" })] }], first);
    expect(same.byProxy.get("p")).toBe(first.byProxy.get("p"));
    expect(same.changed.size).toBe(0);
    const next = buildSnapshots([{ proxy: "p", resources: [cluster("a", "1"), route({ x: "2" })] }], same);
    expect(next.byProxy.get("p")?.resources.cluster).toBe(first.byProxy.get("p")?.resources.cluster);
    expect(next.byProxy.get("p")?.resources.route).not.toBe(first.byProxy.get("p")?.resources.route);
    expect([...next.changed]).toEqual(["p"]);
  });

  test("a moved line is taken over without a change for the Envoy, and the bytes stay shared", () => {
    const first = buildSnapshots([{ proxy: "p", resources: [cluster("a", "1", [origin(1)])] }], emptySnapshotSet);
    const next = buildSnapshots([{ proxy: "p", resources: [cluster("a", "1", [origin(9)])] }], first);
    expect(next.changed.size).toBe(0);
    const [before, after] = [first, next].map(({ byProxy }) => byProxy.get("p")?.resources.cluster.get("a"));
    expect(after?.origins[0]?.position.line).toBe(9);
    expect(after?.value).toBe(before?.value);
  });

  test("proxies that come and go count as changed", () => {
    const first = buildSnapshots([{ proxy: "p", resources: [] }], emptySnapshotSet);
    expect([...first.changed]).toEqual(["p"]);
    expect([...buildSnapshots([{ proxy: "q", resources: [] }], first).changed]).toEqual(["q", "p"]);
  });
});
