import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../kit/eventually.ts";
import { object, serviceOf, TrafficMesh, type Ask } from "./kit.ts";

// EnvoyFilters by what one sidecar (`patched`, whose program is `own.echo`) and one gateway do: a row for each behaviour.

const LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
const MANAGER = "envoy.filters.network.http_connection_manager";

const beside = (subFilter: string): string =>
  `filterChain: { filter: { name: ${MANAGER}, subFilter: { name: ${subFilter} } } }`;

/** A filter that adds a header to every answer. */
const lua = (header: string): string =>
  `"@type": ${LUA}, default_source_code: { inline_string: 'function envoy_on_response(handle) handle:headers():add("${header}", "1") end' }`;

const patches = (program: number, gateway: number): Readonly<Record<string, string>> => ({
  inbound: `
- applyTo: HTTP_FILTER
  match: { context: SIDECAR_INBOUND, listener: { name: virtualInbound, portNumber: ${program}, ${beside("envoy.filters.http.router")} } }
  patch: { operation: INSERT_BEFORE, value: { name: envoy.filters.http.lua, typed_config: { ${lua("x-inbound")} } } }`,
  outbound: `
- applyTo: HTTP_FILTER
  match: { context: SIDECAR_OUTBOUND, listener: { name: 0.0.0.0_80, ${beside("envoy.filters.http.fault")} } }
  patch:
    operation: INSERT_BEFORE
    value:
      name: example.typed-struct
      typed_config:
        "@type": type.googleapis.com/udpa.type.v1.TypedStruct
        type_url: ${LUA}
        value: { default_source_code: { inline_string: 'function envoy_on_response(handle) handle:headers():add("x-outbound", "1") end' } }`,
  discovered: `
- applyTo: HTTP_FILTER
  match: { context: SIDECAR_OUTBOUND }
  patch:
    operation: ADD
    filterClass: STATS
    value:
      name: example.discovered
      config_discovery: { config_source: { ads: {}, resource_api_version: V3 }, type_urls: [${LUA}] }
- applyTo: EXTENSION_CONFIG
  match: { context: SIDECAR_OUTBOUND }
  patch: { operation: ADD, value: { name: example.discovered, typed_config: { ${lua("x-discovered")} } } }`,
  route: `
- applyTo: HTTP_ROUTE
  match: { context: GATEWAY, routeConfiguration: { name: http.${gateway}, vhost: { name: "a.test:${gateway}", route: { action: ROUTE } } } }
  patch: { operation: MERGE, value: { response_headers_to_add: [{ header: { key: x-route, value: merged } }] } }`,
  host: `
- applyTo: VIRTUAL_HOST
  match: { context: SIDECAR_OUTBOUND, routeConfiguration: { name: "80" } }
  patch:
    operation: ADD
    value:
      name: added
      domains: [added.test]
      routes: [{ match: { prefix: / }, direct_response: { status: 418, body: { inline_string: added } } }]`,
  remove: `
- applyTo: HTTP_FILTER
  match: { context: GATEWAY, listener: { portNumber: ${gateway}, ${beside("envoy.filters.http.cors")} } }
  patch: { operation: REMOVE }`,
  cluster: `
- applyTo: CLUSTER
  match: { context: SIDECAR_OUTBOUND, cluster: { service: a.echo, portNumber: 80 } }
  patch: { operation: MERGE, value: { connect_timeout: 0.321s } }
- applyTo: CLUSTER
  match: { context: GATEWAY, cluster: { name: "outbound|80||closed.echo" } }
  patch: { operation: MERGE_AND_REPLACE_LIST, value: { circuit_breakers: { thresholds: [{ max_requests: 0 }] } } }`,
  nothing: `
- applyTo: CLUSTER
  match: { cluster: { service: b.echo } }
  patch: { operation: MERGE, value: { connect_timeout: 1s } }`,
});

const preflight: Ask = {
  path: "/cors",
  method: "OPTIONS",
  headers: { origin: "https://page.test", "access-control-request-method": "GET" },
};

let mesh: TrafficMesh;

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  const [own, a] = [await mesh.program("own"), await mesh.program("a")];
  const cors = "corsPolicy: { allowOrigins: [{ exact: https://page.test }], allowMethods: [GET] }";
  const toA = "route: [{ destination: { host: a.echo } }]";
  const service =
    "hosts: [own.echo]\nports: [{ number: 80, name: main, protocol: HTTP }]\nlocation: MESH_INTERNAL\nresolution: STATIC\nworkloadSelector: { labels: { app: client } }";
  const gateway = `selector: { istio: traffic }\nservers: [{ port: { number: ${mesh.gatewayPort}, name: http, protocol: HTTP }, hosts: ["*"] }]`;
  mesh.write(
    "base.yaml",
    [
      serviceOf("a.echo", "HTTP", { a }),
      serviceOf("closed.echo", "HTTP", { a }),
      object("ServiceEntry", "own", service),
      object("WorkloadEntry", "patched", `address: 127.0.0.1\nlabels: { app: client }\nports: { main: ${own} }`),
      object("WorkloadEntry", "edge-patched", "address: 127.0.0.1\nlabels: { istio: traffic }"),
      object("Gateway", "edge", gateway),
      object("VirtualService", "a", `hosts: [a.test]\ngateways: [edge]\nhttp: [{ ${toA}, ${cors} }]`),
      object("VirtualService", "mesh", `hosts: [a.echo]\nhttp: [{ ${toA}, ${cors} }]`),
      object(
        "VirtualService",
        "closed",
        "hosts: [closed.test]\ngateways: [edge]\nhttp: [{ route: [{ destination: { host: closed.echo } }] }]",
      ),
    ].join("---\n"),
  );
  const all = Object.entries(patches(own, mesh.gatewayPort));
  mesh.write("patches.yaml", all.map(([name, configPatches]) => filter(name, configPatches)).join("---\n"));
  await mesh.start();
}, 120_000);

afterAll(async () => {
  await mesh.stop();
});

function filter(name: string, configPatches: string): string {
  return object("EnvoyFilter", name, `configPatches:${configPatches}`).replace("istio.io/v1\n", "istio.io/v1alpha3\n");
}

const missing = undefined;

test.each([
  [
    "a Lua filter before the router, by Istio's names",
    "sidecar",
    "own.echo",
    "/",
    { status: 200, to: "own" },
    { "x-inbound": "1" },
  ],
  [
    "the same filter is not on other listeners",
    "sidecar",
    "a.echo",
    "/",
    { status: 200, to: "a" },
    { "x-inbound": missing },
  ],
  ["a filter in a TypedStruct, beside a filter of Istio's", "sidecar", "a.echo", "/", {}, { "x-outbound": "1" }],
  ["a filter that is discovered", "sidecar", "a.echo", "/", {}, { "x-discovered": "1" }],
  [
    "what is for sidecars is not on gateways",
    "gateway",
    "a.test",
    "/",
    { to: "a" },
    { "x-outbound": missing, "x-discovered": missing },
  ],
  ["a merged route", "gateway", "a.test", "/", { status: 200 }, { "x-route": "merged" }],
  ["other routes are as they were", "gateway", "closed.test", "/", {}, { "x-route": missing }],
  ["an added virtual host", "sidecar", "added.test", "/", { status: 418, body: "added" }, {}],
  ["a filter that is gone", "gateway", "a.test", preflight, { to: "a", method: "OPTIONS" }, {}],
  ["and is still there where the patch is not for", "sidecar", "a.echo", preflight, { status: 200, body: "" }, {}],
  [
    "a cluster with a list in the place of another",
    "gateway",
    "closed.test",
    "/",
    { status: 503 },
    { "x-envoy-overloaded": "true" },
  ],
] as const)("%s", async (_, at, host, ask, expected, answer) => {
  const got = await mesh.ask(at, host, ask);
  expect(got).toMatchObject(expected);
  for (const [header, value] of Object.entries(answer)) expect(got.answer[header], header).toBe(value);
});

test("a merged cluster", async () => {
  const dump = await mesh.configDump("patched.echo");
  expect(dump).toContain('"connect_timeout": "0.321s"');
});

test("a patch that changes nothing says so", () => {
  expect(mesh.doubts("SLU0012")).toEqual(["the patch changes nothing: no cluster with service b.echo"]);
});

test("what an Envoy refuses is told to the EnvoyFilter, and the others stay", async () => {
  const bad = `
- applyTo: CLUSTER
  match: { cluster: { service: a.echo } }
  patch: { operation: MERGE, value: { lb_policy: CLUSTER_PROVIDED } }`;
  mesh.write("bad.yaml", filter("bad", bad));
  const refused = await eventually("the EnvoyFilter is refused", () => {
    const found = mesh.status()?.objects.find(({ kind, name }) => kind === "EnvoyFilter" && name === "bad");
    return found?.rejections?.[0];
  });
  expect(refused).toMatchObject({ type: "cluster", resource: "outbound|80||a.echo" });
  expect(await mesh.ask("sidecar", "a.echo", "/")).toMatchObject({ status: 200, to: "a" });
});
