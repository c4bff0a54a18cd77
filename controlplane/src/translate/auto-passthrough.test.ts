import { expect, test } from "vitest";
import type { Gateway } from "../model/types.ts";
import { outboundResources } from "./cluster.ts";
import { clusterClient } from "./cluster-client.ts";
import { gatewayResources } from "./gateway.ts";
import { resourceJson } from "./json-fixture.ts";
import { destinationRule, gateway, gatewayProxy, mesh, service } from "./mesh-fixture.ts";
import { indexMesh } from "./mesh-index.ts";
import { UNOBSERVED } from "./observation.ts";

function gatewayOf(host: string): Gateway {
  return gateway("g", {
    servers: [
      {
        port: { number: 443, protocol: "TLS", name: "tls" },
        hosts: [{ namespace: "*", host }],
        tls: { mode: "PASSTHROUGH", auto: true },
      },
    ],
  });
}

const inside = service("a.mesh", { endpoints: [{ address: "10.0.0.1", ports: {}, labels: {}, weight: 1 }] });
const rule = destinationRule("a.mesh", {
  trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", subjectAltNames: [], insecureSkipVerify: false } },
  subsets: [{ name: "v1", labels: { version: "v1" } }],
});

function made(host: string) {
  const proxy = gatewayProxy([gatewayOf(host)]);
  const index = indexMesh(
    mesh({
      gateways: proxy.gateways,
      proxies: [proxy],
      services: [inside, service("b.mesh", { location: "MESH_EXTERNAL" }), service("c.other")],
      destinationRules: [rule],
    }),
  );
  const { workload } = proxy;
  return {
    clusters: index.services.flatMap((one) =>
      outboundResources(index, one, index.rules.find(workload, one), clusterClient(proxy)),
    ),
    listeners: gatewayResources({
      index,
      proxy,
      policies: undefined,
      origins: [],
      access: { filters: [], on: [], tcpFilters: [] },
      observation: UNOBSERVED,
    }).map(resourceJson),
  };
}

test("AUTO_PASSTHROUGH: a cluster for each service, port and subset of the mesh, without TLS of its own", () => {
  const { clusters, listeners } = made("*.mesh");
  const passed = clusters.filter(({ name }) => name.startsWith("outbound_"));
  expect(passed.map(({ kind, name }) => [kind, name])).toEqual([
    ["cluster", "outbound_.80_._.a.mesh"],
    ["endpoint", "outbound_.80_._.a.mesh"],
    ["cluster", "outbound_.80_.v1_.a.mesh"],
    ["endpoint", "outbound_.80_.v1_.a.mesh"],
  ]);
  const [cluster, endpoints] = passed.map(resourceJson);
  expect(cluster).not.toHaveProperty("transport_socket");
  expect(endpoints).toMatchObject({ endpoints: [{ lb_endpoints: [{}] }] });
  expect(listeners).toMatchObject([
    {
      filter_chains: [
        { filter_chain_match: { server_names: ["outbound_.80_._.a.mesh"] } },
        { filter_chain_match: { server_names: ["outbound_.80_.v1_.a.mesh"] } },
      ],
    },
  ]);
});

test("AUTO_PASSTHROUGH without a service of its hosts does not listen", () => {
  const { clusters, listeners } = made("*.nowhere");
  expect(listeners).toEqual([]);
  expect(clusters.some(({ name }) => name.startsWith("outbound_"))).toBe(false);
});
