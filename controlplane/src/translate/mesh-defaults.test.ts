import { describe, expect, test } from "vitest";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { Secret, Service } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { outboundResources } from "./cluster.ts";
import { inboundResource } from "./inbound-cluster.ts";
import { resourceJson } from "./json-fixture.ts";
import { indexMesh } from "./mesh-index.ts";
import { mesh, ref, service, sidecar, workload } from "./mesh-fixture.ts";
import { translate } from "./index.ts";

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
  expect(resourceJson(inboundResource(sidecar(workload("reviews")), port, indexMesh(EMPTY_MESH)))).toMatchObject({
    circuit_breakers: { thresholds: [{ max_connections: 3 }] },
    load_assignment: {
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: "/run/app.sock" } } } }] }],
    },
  });
});

describe("TLS by a workload's own certificate for hosts that nobody declared", () => {
  const outboundTls = { mode: "ISTIO_MUTUAL", subjectAltNames: [], insecureSkipVerify: false } as const;
  const config = { ...EMPTY_MESH.config, ref: ref("MeshConfig", "mesh"), outboundTraffic: "ALLOW_ANY" as const };
  const secret = (name: string): Secret => ({
    ref: ref("Secret", name),
    labels: {},
    certificate: "c",
    privateKey: "k",
    authorities: "a",
  });
  const proxies = ["bee", "ant"].map((serviceAccount) => sidecar(workload(serviceAccount, { serviceAccount })));
  const known = mesh({ proxies, config: { ...config, outboundTls }, secrets: [secret("istio.bee")] });
  const digest = { sha256: "0".repeat(64) };
  const made = translate(known, { modules: { policies: digest, authorization: digest } });
  const of = (at: number, kind: string): readonly Resource[] =>
    (made[at]?.resources ?? []).filter((one) => one.kind === kind);
  const passthrough = (at: number): unknown =>
    of(at, "cluster").flatMap((one) => (one.name === "PassthroughCluster" ? [resourceJson(one)] : []))[0];

  test("a workload that has one gets it", () => {
    expect(of(0, "secret").map(({ name }) => name)).toEqual(["ROOTCA", "default"]);
    expect(passthrough(0)).toMatchObject({ cluster_type: { name: "envoy.clusters.dynamic_forward_proxy" } });
  });

  test("one that has none reaches nobody", () => {
    expect(of(1, "secret")).toEqual([]);
    expect(passthrough(1)).toMatchObject({ type: "STATIC", load_assignment: { cluster_name: "PassthroughCluster" } });
  });
});
