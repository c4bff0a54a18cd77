import { describe, expect, test } from "vitest";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { Mesh, VirtualService } from "../model/types.ts";
import { indexMesh } from "./mesh-index.ts";
import { httpMatch, mesh, ref, routeTo, service, virtualService, workload } from "./mesh-fixture.ts";
import { outboundRouteResource } from "./outbound-route.ts";

const client = workload("client", { namespace: "shop" });
const twoPorts = [
  { number: 8080, name: "http", protocol: "HTTP" as const },
  { number: 9090, name: "grpc", protocol: "GRPC" as const },
  { number: 3306, name: "db", protocol: "TCP" as const },
];

function configuration(fields: Partial<Mesh>): RouteConfiguration {
  return outboundRouteResource(indexMesh(mesh(fields)), client, undefined).message as RouteConfiguration; // Its schema says so.
}

function domains(fields: Partial<Mesh>): Record<string, readonly string[]> {
  return Object.fromEntries(configuration(fields).virtualHosts.map((host) => [host.name, host.domains]));
}

/** Cluster or status of each route, by virtual host. */
function targets(fields: Partial<Mesh>): Record<string, unknown[]> {
  return Object.fromEntries(
    configuration(fields).virtualHosts.map(({ name, routes }) => [
      name,
      routes.map(({ action: { case: kind, value } }) =>
        kind === "route" ? value.clusterSpecifier.value : kind === "directResponse" ? value.status : kind,
      ),
    ]),
  );
}

const blockAll = { block_all: ["*"] };

describe("domains", () => {
  test("a plain host", () => {
    expect(domains({ services: [service("a.com")] })).toEqual({ "a.com:80": ["a.com", "a.com:80"], ...blockAll });
  });

  test("of several ports the first that speaks HTTP stands for the host; TCP is had by CONNECT", () => {
    expect(domains({ services: [service("a.com", { ports: twoPorts })] })).toEqual({
      "a.com:3306": ["a.com:3306"],
      "a.com:8080": ["a.com", "a.com:8080"],
      "a.com:9090": ["a.com:9090"],
      ...blockAll,
    });
  });

  test("short names, the bare one only in the namespace", () => {
    const services = [service("a.shop.svc.cluster.local"), service("b.other.svc.cluster.local")];
    const found = domains({ services });
    expect(found["a.shop.svc.cluster.local:80"]?.filter((name) => !name.includes(":"))).toEqual([
      "a.shop.svc.cluster.local",
      "a.shop.svc",
      "a.shop",
      "a",
    ]);
    expect(found["b.other.svc.cluster.local:80"]).not.toContain("b");
  });

  test("a short name never takes a domain from a service of that name", () => {
    const found = domains({ services: [service("a.shop.svc.cluster.local"), service("a.shop")] });
    expect(found["a.shop:80"]).toEqual(["a.shop", "a.shop:80"]);
    const all = Object.values(found).flat();
    expect(new Set(all).size).toBe(all.length);
  });

  test("hosts that only a VirtualService speaks of are on port 80", () => {
    const virtualServices = [virtualService(["x.com"], [routeTo("a.com")])];
    expect(domains({ services: [service("a.com")], virtualServices })["x.com:80"]).toEqual(["x.com", "x.com:80"]);
  });

  test("a wildcard stands for the services it covers, or else for itself", () => {
    const virtualServices = [virtualService(["*.com", "*.org"], [routeTo("a.com")])];
    expect(Object.keys(domains({ services: [service("a.com")], virtualServices }))).toEqual([
      "*.org:80",
      "a.com:80",
      "block_all",
    ]);
  });
});

describe("routes", () => {
  const services = [service("a.com"), service("b.com")];

  test("the service itself, and 502 for unknown hosts", () => {
    expect(targets({ services })).toEqual({
      "a.com:80": ["outbound|80||a.com"],
      "b.com:80": ["outbound|80||b.com"],
      block_all: [502],
    });
  });

  test("a VirtualService replaces it, and what it does not match is not found", () => {
    const http = [routeTo("b.com", { match: [httpMatch({ uri: { prefix: "/b" } })] })];
    const found = targets({ services, virtualServices: [virtualService(["a.com"], http)] });
    expect(found["a.com:80"]).toEqual(["outbound|80||b.com", 404]);
  });

  test("no route for the port leaves the service's own", () => {
    const http = [routeTo("b.com", { match: [httpMatch({ port: 81 })] })];
    const found = targets({ services, virtualServices: [virtualService(["a.com"], http)] });
    expect(found["a.com:80"]).toEqual(["outbound|80||a.com"]);
  });

  test("an exact host comes before a wildcard, and the first before the second", () => {
    const virtualServices = [
      virtualService(["*.com"], [routeTo("w.com")]),
      virtualService(["a.com"], [routeTo("first.com")]),
      virtualService(["a.com"], [routeTo("second.com")]),
    ];
    expect(targets({ services, virtualServices })).toMatchObject({
      "a.com:80": ["outbound|80||first.com"],
      "b.com:80": ["outbound|80||w.com"],
    });
  });

  test("the nearest that the client's namespace sees: its own, exported to it, for all", () => {
    const own = virtualService(["a.com"], [routeTo("own.com")], {
      ref: ref("VirtualService", "z", "shop"),
      exportTo: ["shop", "other"],
    });
    const given = virtualService(["a.com"], [routeTo("given.com")], { exportTo: ["shop"] });
    const forAll = virtualService(["a.com"], [routeTo("all.com")]);
    const hidden = virtualService(["a.com"], [routeTo("hidden.com")], { exportTo: ["elsewhere"] });
    const first = (...virtualServices: VirtualService[]): unknown =>
      targets({ services, virtualServices })["a.com:80"]?.[0];
    expect(first(hidden, forAll, given, own)).toBe("outbound|80||own.com");
    expect(first(hidden, forAll, given)).toBe("outbound|80||given.com");
    expect(first(hidden, forAll)).toBe("outbound|80||all.com");
    expect(first(hidden)).toBe("outbound|80||a.com");
  });

  test("what becomes of unknown hosts is the mesh's to say", () => {
    const config = { ...EMPTY_MESH.config, outboundTraffic: "ALLOW_ANY" as const };
    expect(targets({ services, config })["allow_any"]).toEqual(["PassthroughCluster", "PassthroughCluster"]);
  });

  test("a VirtualService of a gateway only is not for the mesh", () => {
    const virtualServices = [virtualService(["a.com"], [routeTo("b.com")], { gateways: ["default/gateway"] })];
    expect(targets({ services, virtualServices })["a.com:80"]).toEqual(["outbound|80||a.com"]);
  });
});
