import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encode } from "../../snapshot/encode.ts";
import { patchedMesh, translated } from "./patched-fixture.ts";

// SLUICE_RUNS=1000 is the long form.
const runs = Number(process.env["SLUICE_RUNS"] ?? 40);

/** Names that are there, in our words and in Istio's, and some that are not. */
const names = [
  "outbound",
  "virtualInbound",
  "0.0.0.0_9080",
  "http.8080",
  "9080",
  "outbound|9080||reviews.shop.svc.cluster.local",
  "inbound|9090||",
  "shop.test:8080",
  "envoy.filters.http.router",
  "envoy.filters.http.fault",
  "sluice.outbound",
  "second",
  "none",
];
const filters = [
  "envoy.filters.network.http_connection_manager",
  "envoy.filters.network.tcp_proxy",
  "sluice.direct_peer",
];
const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.${name}`;

const values: Readonly<Record<string, readonly object[]>> = {
  LISTENER: [{}, { name: "x" }, { filter_chains: [{ filters: [] }] }, { traffic_direction: "INBOUND" }],
  LISTENER_FILTER: [
    { name: "x" },
    { name: "x", typed_config: { "@type": type("listener.original_dst.v3.OriginalDst") } },
  ],
  FILTER_CHAIN: [{}, { filter_chain_match: { destination_port: 9 } }, { filters: [{ name: "x" }] }],
  NETWORK_FILTER: [
    { name: "x" },
    { typed_config: { "@type": type("network.tcp_proxy.v3.TcpProxy"), stat_prefix: "x", cluster: "c" } },
    {
      typed_config: {
        "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
        http_filters: [{ name: "y" }],
      },
    },
  ],
  HTTP_FILTER: [
    { name: "x" },
    { typed_config: { "@type": type("http.router.v3.Router") } },
    { name: "y", disabled: true },
  ],
  ROUTE_CONFIGURATION: [{}, { virtual_hosts: [{ name: "x" }] }, { name: "renamed" }],
  VIRTUAL_HOST: [{}, { name: "x:1", routes: [{ name: "r" }] }, { domains: ["*"] }],
  HTTP_ROUTE: [{}, { name: "r", redirect: {} }, { route: { cluster: "c" } }],
  CLUSTER: [{}, { name: "x" }, { transport_socket: { name: "t" } }, { type: "STRICT_DNS" }],
  EXTENSION_CONFIG: [{ name: "x" }],
};

const operations = [
  "MERGE",
  "MERGE_AND_REPLACE_LIST",
  "ADD",
  "REMOVE",
  "INSERT_BEFORE",
  "INSERT_AFTER",
  "INSERT_FIRST",
  "REPLACE",
];
const name = fc.option(fc.constantFrom(...names), { nil: undefined });
const port = fc.option(fc.constantFrom(9080, 9090, 8080, 5432, 1), { nil: undefined });

const listener = fc.record({
  name,
  portNumber: port,
  filterChain: fc.option(
    fc.record({ sni: name, filter: fc.option(fc.record({ name: fc.constantFrom(...filters) }), { nil: undefined }) }),
    { nil: undefined },
  ),
});
const http = fc.record({
  name: fc.constant(filters[0]),
  subFilter: fc.option(fc.record({ name: fc.constantFrom(...names) }), { nil: undefined }),
});
const routes = fc.record({
  name,
  portNumber: port,
  vhost: fc.option(fc.record({ name, route: fc.option(fc.record({ name }), { nil: undefined }) }), { nil: undefined }),
});
const cluster = fc.record({ name, portNumber: port });

function matchOf(applyTo: string): fc.Arbitrary<object> {
  const context = fc.constantFrom("ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY");
  if (applyTo === "EXTENSION_CONFIG") return fc.record({ context });
  if (applyTo === "CLUSTER") return fc.record({ context, cluster: fc.option(cluster, { nil: undefined }) });
  if (["ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE"].includes(applyTo))
    return fc.record({ context, routeConfiguration: fc.option(routes, { nil: undefined }) });
  if (applyTo !== "HTTP_FILTER") return fc.record({ context, listener: fc.option(listener, { nil: undefined }) });
  return fc.record({ context, listener: fc.record({ filterChain: fc.record({ filter: http }) }) });
}

const patch = fc.constantFrom(...Object.keys(values)).chain((applyTo) =>
  fc.record({
    applyTo: fc.constant(applyTo),
    match: matchOf(applyTo),
    patch: fc.record({
      operation: applyTo === "EXTENSION_CONFIG" ? fc.constant("ADD") : fc.constantFrom(...operations),
      value: fc.constantFrom(...(values[applyTo] ?? [])),
    }),
  }),
);

test(
  "any patches leave resources that can be encoded, and the same mesh gives the same ones",
  { timeout: 20_000 + runs * 200 },
  () => {
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 6 }), (configPatches) => {
        // JSON is YAML.
        const { mesh, problems } = patchedMesh(JSON.stringify({ configPatches }));
        expect(problems).toEqual([]);
        const versions = (): string[] =>
          translated(mesh).parts.flatMap(({ resources, shared = [] }) =>
            [...resources, ...shared.flat()].map((resource) => `${resource.name} ${encode(resource).version}`),
          );
        expect(versions()).toEqual(versions());
      }),
      { numRuns: runs },
    );
  },
);
