import { base64Encode } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import { RouteSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { HttpMatch, HttpRoute, RouteDestination } from "../model/types.ts";
import { bundlePrograms, compileFault, compileHeaders } from "../policy/index.ts";
import type { BundledPrograms } from "../policy/index.ts";
import { asJson } from "./json-fixture.ts";
import { indexMesh } from "./mesh-index.ts";
import {
  destinationRule,
  httpMatch,
  httpRoute,
  mesh,
  routeTo,
  service,
  virtualService,
  workload,
} from "./mesh-fixture.ts";
import { defaultRoute, virtualServiceRoutes } from "./route.ts";
import type { RouteView } from "./view.ts";

const ports = [
  { number: 80, name: "http", protocol: "HTTP" as const },
  { number: 8080, name: "http-alt", protocol: "HTTP" as const },
];
const view: RouteView = {
  index: indexMesh(
    mesh({
      services: [
        service("a.com"),
        service("b.com", { ports }),
        service("hash.com"),
        service("grpc.com", { ports: [{ number: 80, name: "grpc", protocol: "GRPC" }] }),
        service("out.com", { location: "MESH_EXTERNAL", resolution: "DNS" }),
      ],
      destinationRules: [
        destinationRule("hash.com", {
          trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } },
        }),
      ],
    }),
  ),
  client: workload("client", { labels: { app: "client" } }),
  gateways: new Set(["mesh"]),
  port: 80,
};

function routes(http: readonly HttpRoute[], changes: Partial<RouteView> = {}) {
  return virtualServiceRoutes(virtualService(["a.com"], http), { ...view, ...changes });
}

/** The JSON of the only route. */
function route(http: HttpRoute, changes?: Partial<RouteView>): Record<string, unknown> {
  const [only] = routes([http], changes);
  return only ? (asJson(RouteSchema, only) as Record<string, unknown>) : {}; // A message is a JSON object.
}

function action(http: HttpRoute): unknown {
  return route(http)["route"];
}

function to(host: string, fields: Partial<RouteDestination> = {}): RouteDestination {
  return { destination: { host }, weight: 1, ...fields };
}

describe("which routes", () => {
  const match = (fields: Partial<HttpMatch>): HttpRoute => routeTo("a.com", { match: [httpMatch(fields)] });

  test("one for each alternative, named after route and match", () => {
    const alternatives = [httpMatch({ name: "x", uri: { exact: "/x" } }), httpMatch({ uri: { exact: "/y" } })];
    expect(routes([routeTo("a.com", { name: "r", match: alternatives })]).map(({ name }) => name)).toEqual([
      "r.x",
      "r",
    ]);
  });

  test("none after the first that matches every request", () => {
    const names = [match({ uri: { prefix: "/a" } }), routeTo("a.com", { name: "all" }), match({ name: "late" })];
    expect(routes(names).map(({ name }) => name)).toEqual(["", "all"]);
  });

  test.each<[string, Partial<HttpMatch>, number]>([
    ["the port", { port: 80 }, 1],
    ["another port", { port: 81 }, 0],
    ["labels of the client", { sourceLabels: { app: "client" } }, 1],
    ["labels of another client", { sourceLabels: { app: "other" } }, 0],
    ["the client's namespace", { sourceNamespace: "default" }, 1],
    ["another namespace", { sourceNamespace: "other" }, 0],
    ["the mesh", { gateways: ["mesh"] }, 1],
    ["another gateway", { gateways: ["default/gateway"] }, 0],
    ["own gateways, which make source labels void", { gateways: ["mesh"], sourceLabels: { app: "other" } }, 1],
  ])("a match of %s", (_, fields, count) => {
    expect(routes([match(fields)])).toHaveLength(count);
  });
});

describe("where to", () => {
  test("the default route has Istio's defaults", () => {
    expect(asJson(RouteSchema, defaultRoute("a.com", view))).toMatchObject({
      name: "default",
      match: { prefix: "/" },
      route: { cluster: "outbound|80||a.com", timeout: "0s", retry_policy: { num_retries: 2 } },
    });
  });

  test.each<[string, RouteDestination["destination"], string]>([
    ["the only port", { host: "a.com" }, "outbound|80||a.com"],
    ["the given port and subset", { host: "b.com", port: 8080, subset: "v1" }, "outbound|8080|v1|b.com"],
    ["the client's port, of several", { host: "b.com" }, "outbound|81||b.com"],
    ["the client's port, of an unknown host", { host: "c.com" }, "outbound|81||c.com"],
  ])("%s", (_, destination, cluster) => {
    const http = httpRoute({ route: [{ destination, weight: 100 }] });
    expect(route(http, { port: 81 })["route"]).toMatchObject({ cluster });
  });

  test("several destinations by weight, without those of weight 0", () => {
    const http = httpRoute({
      route: [to("a.com", { weight: 90 }), to("b.com", { weight: 10 }), to("c.com", { weight: 0 })],
    });
    expect(action(http)).toMatchObject({
      weighted_clusters: {
        clusters: [
          { name: "outbound|80||a.com", weight: 90 },
          { name: "outbound|80||b.com", weight: 10 },
        ],
      },
    });
  });

  test("mirrors, in parts per million and with the host unchanged", () => {
    const mirrors = [
      { destination: { host: "b.com" }, perMillion: 250_000 },
      { destination: { host: "a.com" }, perMillion: 0 },
    ];
    expect(action(routeTo("a.com", { mirrors }))).toMatchObject({
      request_mirror_policies: [
        {
          cluster: "outbound|80||b.com",
          runtime_fraction: { default_value: { numerator: 250_000, denominator: "MILLION" } },
          trace_sampled: false,
          disable_shadow_host_suffix_append: true,
        },
      ],
    });
  });

  test("a hashing destination hashes, and its retries stay with the host", () => {
    const hashing = action(routeTo("hash.com"));
    expect(hashing).toMatchObject({ hash_policy: [{ header: { header_name: "x-user" } }] });
    expect(hashing).not.toHaveProperty("retry_policy.retry_host_predicate");
  });

  test("our identity does not leave the mesh", () => {
    const remove = ["x-sluice-peer"];
    expect(route(routeTo("out.com"))).toMatchObject({ request_headers_to_remove: remove });
    expect(route(routeTo("a.com"))).not.toHaveProperty("request_headers_to_remove");
    expect(action(httpRoute({ route: [to("out.com"), to("a.com")] }))).toMatchObject({
      weighted_clusters: { clusters: [{ request_headers_to_remove: remove }, { weight: 1 }] },
    });
  });

  test("a route without any action is none", () => {
    expect(routes([httpRoute()])).toEqual([]);
  });
});

describe("what else", () => {
  const cases: Record<string, [Partial<HttpRoute>, object]> = {
    timeout: [{ timeoutMs: 1500 }, { timeout: "1.500s" }],
    "timeout of gRPC": [
      { timeoutMs: 1500, route: [to("grpc.com")] },
      { timeout: "1.500s", max_grpc_timeout: "1.500s" },
    ],
    "rewrite of the prefix": [{ rewrite: { uri: "/v2" } }, { prefix_rewrite: "/v2" }],
    "rewrite by regex": [
      { rewrite: { uriRegexRewrite: { match: "^/a/(.*)", rewrite: "/\\1" } } },
      { regex_rewrite: { pattern: { regex: "^/a/(.*)" }, substitution: "/\\1" } },
    ],
    "rewrite of the authority, before a set host": [
      { rewrite: { authority: "x.com" }, headers: { request: { set: { Host: "y.com" }, add: {}, remove: [] } } },
      { host_rewrite_literal: "x.com" },
    ],
    "a set host": [
      { headers: { request: { set: { ":authority": "y.com" }, add: {}, remove: [] } } },
      { host_rewrite_literal: "y.com" },
    ],
  };

  test.each(Object.entries(cases))("%s", (_, [fields, expected]) => {
    expect(action(routeTo("a.com", fields))).toMatchObject(expected);
  });

  // Envoy 1.40 does not look at a route's timeout when the new field is there.
  test("a timeout stands alone", () => {
    expect(action(routeTo("grpc.com", { timeoutMs: 1 }))).not.toHaveProperty("max_stream_duration");
  });

  test("a set host of one destination of several", () => {
    const headers = { request: { set: { host: "y.com" }, add: {}, remove: [] } };
    expect(action(httpRoute({ route: [to("a.com", { headers }), to("b.com")] }))).toMatchObject({
      weighted_clusters: { clusters: [{ host_rewrite_literal: "y.com" }, {}] },
    });
  });

  test("redirect", () => {
    const redirect = { uri: "/new", authority: "b.com", scheme: "https", port: 8443, redirectCode: 308 as const };
    expect(route(httpRoute({ redirect }))["redirect"]).toEqual({
      path_redirect: "/new",
      host_redirect: "b.com",
      scheme_redirect: "https",
      port_redirect: 8443,
      response_code: "PERMANENT_REDIRECT",
    });
    const both = { uri: "/new", prefixRewrite: "/p", redirectCode: 301 as const };
    expect(route(httpRoute({ redirect: both }))["redirect"]).toEqual({ prefix_rewrite: "/p" });
  });

  test.each<[string, number, string | undefined, number | undefined]>([
    ["the port of the request", 8080, undefined, 8080],
    ["not the one that the scheme means", 443, "https", undefined],
    ["one that is another scheme's", 80, "https", 80],
  ])("redirect to %s", (_, port, scheme, expected) => {
    const redirect = {
      port: "request" as const,
      redirectCode: 301 as const,
      ...(scheme === undefined ? {} : { scheme }),
    };
    const { port_redirect: found } = route(httpRoute({ redirect }), { port })["redirect"] as { port_redirect?: number };
    expect(found).toBe(expected);
  });

  test("direct response of bytes", () => {
    const directResponse = { status: 200, body: new Uint8Array([1, 2]) };
    expect(route(httpRoute({ directResponse }))["direct_response"]).toEqual({
      status: 200,
      body: { inline_bytes: "AQI=" },
    });
  });

  test("a CONNECT ends here, and its neighbours are as ever", () => {
    const match = [httpMatch({ method: { exact: "CONNECT" } }), httpMatch({ method: { exact: "GET" } })];
    const [connect, get] = routes([routeTo("a.com", { match })]).map((one) => asJson(RouteSchema, one));
    expect(connect).toMatchObject({
      match: { connect_matcher: {} },
      route: { upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }] },
    });
    expect(JSON.stringify(get)).not.toContain("upgrade");
  });

  test("the mesh's retry policy, where the route has none", () => {
    const config = { ...EMPTY_MESH.config, defaultRetries: { attempts: 7 } };
    const changes = { index: indexMesh(mesh({ config, services: [service("a.com")] })) };
    const attempts = (http: HttpRoute): unknown => route(http, changes)["route"];
    expect(attempts(routeTo("a.com"))).toMatchObject({ retry_policy: { num_retries: 7 } });
    expect(attempts(routeTo("a.com", { retries: { attempts: 1 } }))).toMatchObject({
      retry_policy: { num_retries: 1 },
    });
    expect(asJson(RouteSchema, defaultRoute("a.com", { ...view, ...changes }))).toMatchObject({
      route: { retry_policy: { num_retries: 7 } },
    });
  });

  test("direct response", () => {
    const directResponse = { status: 418, body: "tea" };
    expect(route(httpRoute({ directResponse }))["direct_response"]).toEqual({
      status: 418,
      body: { inline_string: "tea" },
    });
  });
});

describe("policies", () => {
  const on = { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", config: {} };
  const headers = { response: { set: { a: "1" }, add: {}, remove: [] } };

  const bundle = (programs: BundledPrograms) => base64Encode(bundlePrograms(programs) ?? new Uint8Array());

  test("a fault and headers travel with the route and turn the policies on", () => {
    const fault = { abort: { perMillion: 500_000, httpStatus: 503 } };
    const http = httpRoute({ route: [to("a.com", { headers })], fault, headers });
    const program = compileHeaders(headers, new Map(), headers);
    expect(route(http)).toMatchObject({
      metadata: {
        filter_metadata: {
          sluice: { policies: bundle({ fault: compileFault(fault), headers: program }) },
        },
      },
      typed_per_filter_config: { "sluice.outbound": on },
    });
  });

  test("of several destinations each has its own headers", () => {
    const destinations = [to("a.com", { headers }), to("b.com")];
    const program = compileHeaders(undefined, new Map([["outbound|80||a.com", headers]]));
    expect(route(httpRoute({ route: destinations }))).toMatchObject({
      metadata: { filter_metadata: { sluice: { policies: bundle({ headers: program }) } } },
    });
  });

  test("a redirect has them too", () => {
    const http = httpRoute({ redirect: { redirectCode: 301 }, headers });
    expect(route(http)).toMatchObject({ typed_per_filter_config: { "sluice.outbound": on } });
  });

  test("nobody gets the request of a redirect: its operations are none", () => {
    const request = { set: { a: "1" }, add: {}, remove: [] };
    expect(route(httpRoute({ redirect: { redirectCode: 301 }, headers: { request } }))).not.toHaveProperty("metadata");
  });

  test("CORS is Envoy's own, and goes with the others", () => {
    const cors = {
      allowOrigins: [{ exact: "*" }, { exact: "https://a" }, { regex: "b.*" }],
      allowMethods: ["GET", "PUT"],
      allowHeaders: ["x-a", "x-b"],
      exposeHeaders: ["x-c"],
      maxAgeMs: 60_000,
      allowCredentials: true,
      forwardUnmatchedPreflights: false,
    };
    expect(route(routeTo("a.com", { cors, headers }))["typed_per_filter_config"]).toEqual({
      "sluice.outbound": on,
      "envoy.filters.http.cors": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match: [{ prefix: "" }, { exact: "https://a" }, { safe_regex: { regex: "b.*" } }],
        allow_methods: "GET,PUT",
        allow_headers: "x-a,x-b",
        expose_headers: "x-c",
        max_age: "60",
        allow_credentials: true,
        forward_not_matching_preflights: false,
      },
    });
  });

  test("no policy, nothing on", () => {
    expect(route(routeTo("a.com"))).not.toHaveProperty("metadata");
    expect(route(routeTo("a.com"))).not.toHaveProperty("typed_per_filter_config");
  });
});
