import { describe, expect, test } from "vitest";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { Service } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { inboundResource, outboundResources } from "./cluster.ts";
import { resourceJson } from "./json-fixture.ts";
import { indexMesh } from "./mesh-index.ts";
import { mesh, service, sidecar, workload } from "./mesh-fixture.ts";

describe("the mesh's defaults", () => {
  const withConfig = (fields: object, more: Partial<Service> = {}): readonly Resource[] => {
    const of = service("a.shop.svc.cluster.local", more);
    const config = { ...EMPTY_MESH.config, ...fields };
    const index = indexMesh(mesh({ services: [of], config }));
    return outboundResources(index, of, undefined, {
      kind: "sidecar",
      namespace: "shop",
      serviceAccount: "",
      labels: {},
    });
  };
  const only = (list: readonly Resource[]): unknown => {
    const found = list.find(({ name }) => name === "outbound|80||a.shop.svc.cluster.local");
    return found && resourceJson(found);
  };

  test("connections and outliers", () => {
    const trafficDefaults = {
      connectionPool: { connectTimeoutMs: 1500, maxConnections: 5 },
      outlierDetection: { intervalMs: 5000 },
    };
    expect(only(withConfig({ trafficDefaults }))).toMatchObject({
      connect_timeout: "1.500s",
      circuit_breakers: { thresholds: [{ max_connections: 5 }] },
      outlier_detection: { interval: "5s" },
    });
  });

  test("names are looked up anew as often as the mesh says, after a minute if it does not", () => {
    const dns = { resolution: "DNS" as const };
    expect(only(withConfig({}, dns))).toMatchObject({ dns_refresh_rate: "60s", respect_dns_ttl: true });
    expect(only(withConfig({ dnsRefreshRateMs: 5000 }, dns))).toMatchObject({ dns_refresh_rate: "5s" });
  });

  test("names of Envoy's own metrics", () => {
    const outbound = "%SERVICE%/%SERVICE_FQDN%/%SERVICE_PORT%/%SERVICE_PORT_NAME%/%SUBSET_NAME%/%OTHER%";
    expect(only(withConfig({ statNames: { outbound } }))).toMatchObject({
      alt_stat_name: "a.shop/a.shop.svc.cluster.local/80/http//%OTHER%",
    });
  });
});

test("an inbound cluster leads where a Sidecar says, with the pool that it says", () => {
  const ingress = {
    name: "web",
    port: 9080,
    protocol: "TCP" as const,
    isExact: false,
    target: { path: "/run/app.sock" },
  };
  const port = { name: "web", appPort: 9080, listenPort: 20_001, ingress, connectionPool: { maxConnections: 3 } };
  expect(resourceJson(inboundResource(sidecar(workload("reviews")), port, EMPTY_MESH.config))).toMatchObject({
    circuit_breakers: { thresholds: [{ max_connections: 3 }] },
    load_assignment: {
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: "/run/app.sock" } } } }] }],
    },
  });
});
