import { base64Encode } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { HeaderOperations, Headers, HttpRoute, VirtualService } from "../model/types.ts";
import { bundlePrograms, compileHeaders } from "../policy/index.ts";
import { translate } from "./index.ts";
import { asJson } from "./json-fixture.ts";
import {
  gateway,
  gatewayProxy,
  httpMatch,
  httpRoute,
  mesh,
  routeTo,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";

const digest = { sha256: "a".repeat(64) };
const modules = { policies: digest, authorization: digest };
const client = workload("client");
const gateways = [gateway("gateway")];

/** The first route of `a.com`, at a sidecar or at the gateway. */
function firstRoute(virtualServices: readonly VirtualService[], at: "sidecar" | "gateway" = "sidecar"): object {
  const services = [service("a.com"), service("b.com")];
  const proxies = [at === "sidecar" ? sidecar(client, { inbound: [] }) : gatewayProxy(gateways)];
  const [proxy] = translate(mesh({ services, virtualServices, gateways, proxies }), { modules });
  const resource = proxy?.resources.find(({ kind }) => kind === "route");
  if (resource === undefined) throw new Error("no routes");
  const json = asJson(RouteConfigurationSchema, resource.message as RouteConfiguration); // By its kind.
  const { virtual_hosts: hosts } = json as { virtual_hosts: { name: string; routes: object[] }[] };
  return hosts.find(({ name }) => name.startsWith("a.com"))?.routes[0] ?? {};
}

function request(operations: Partial<HeaderOperations>): Headers {
  return { request: { set: {}, add: {}, remove: [], ...operations } };
}

function program(...headers: Parameters<typeof compileHeaders>): object {
  const compiled = compileHeaders(...headers);
  const bundle = compiled && bundlePrograms({ headers: compiled });
  return bundle ? { metadata: { filter_metadata: { sluice: { policies: base64Encode(bundle) } } } } : {};
}

const set = "OVERWRITE_IF_EXISTS_OR_ADD";
const user = (http: HttpRoute): readonly HttpRoute[] => [
  http,
  routeTo("a.com", { match: [httpMatch({ headers: { "X-User": { exact: "jason" } } })] }),
];

describe("operations on request headers", () => {
  test("that no route matches on are our filter's", () => {
    const headers = request({ set: { a: "1" } });
    const route = firstRoute([virtualService(["a.com"], user(routeTo("a.com", { headers })))]);
    expect(route).toMatchObject(program(headers, new Map()));
    expect(route).not.toHaveProperty("request_headers_to_add");
  });

  test("that a route of the host matches on are the router's, and the others stay our filter's", () => {
    const headers = request({ set: { "x-user": "100%", a: "1" }, add: { "X-USER": "b" }, remove: ["x-user", "c"] });
    const route = firstRoute([virtualService(["a.com"], user(routeTo("a.com", { headers })))]);
    expect(route).toMatchObject({
      ...program(request({ set: { a: "1" }, remove: ["c"] }), new Map()),
      request_headers_to_remove: ["x-user"],
      request_headers_to_add: [
        { header: { key: "x-user", value: "100%%" }, append_action: set, keep_empty_value: true },
        { header: { key: "x-user", value: "b" }, keep_empty_value: true },
      ],
    });
  });

  test("that a route matches on as absent are the router's", () => {
    const absent = routeTo("a.com", { match: [httpMatch({ withoutHeaders: { a: { present: true } } })] });
    const first = routeTo("a.com", { headers: request({ set: { a: "1" } }) });
    const route = firstRoute([virtualService(["a.com"], [first, absent])]);
    expect(route).toMatchObject({ request_headers_to_add: [{ header: { key: "a" } }] });
    expect(route).not.toHaveProperty("metadata");
  });

  test("do not count matches that never hold for the client", () => {
    const headers = request({ set: { a: "1" } });
    const never = httpMatch({ headers: { a: { exact: "1" } }, sourceLabels: { app: "other" } });
    const route = firstRoute([
      virtualService(["a.com"], [routeTo("a.com", { headers }), routeTo("a.com", { match: [never] })]),
    ]);
    expect(route).toMatchObject(program(headers, new Map()));
  });

  test("of an only destination follow the route's", () => {
    const destination = { destination: { host: "a.com" }, weight: 100, headers: request({ set: { "x-user": "d" } }) };
    const http = httpRoute({ route: [destination], headers: request({ add: { "x-user": "r" } }) });
    expect(firstRoute([virtualService(["a.com"], user(http))])).toMatchObject({
      request_headers_to_add: [{ header: { key: "x-user", value: "r" } }, { header: { key: "x-user", value: "d" } }],
    });
  });

  test("of one destination of several belong to its cluster", () => {
    const headers = request({ set: { "x-user": "a", b: "1" } });
    const http = httpRoute({
      route: [
        { destination: { host: "a.com" }, weight: 1, headers },
        { destination: { host: "b.com" }, weight: 1 },
      ],
    });
    const route = firstRoute([virtualService(["a.com"], user(http))]);
    expect(route).toMatchObject({
      ...program(undefined, new Map([["outbound|80||a.com", request({ set: { b: "1" } })]])),
      route: { weighted_clusters: { clusters: [{ request_headers_to_add: [{ header: { key: "x-user" } }] }, {}] } },
    });
    expect(route).not.toHaveProperty("request_headers_to_add");
  });

  test("of destinations that share a cluster are the router's, and the route's on the same headers", () => {
    const to = (variant: string) => {
      const own = { set: { "x-variant": variant }, add: {}, remove: [] };
      return { destination: { host: "a.com" }, weight: 1, headers: { request: own, response: own } };
    };
    const http = httpRoute({ route: [to("a"), to("b")], headers: request({ set: { "x-variant": "c", d: "1" } }) });
    const changes = (value: string): object => {
      const header = { header: { key: "x-variant", value } };
      return { request_headers_to_add: [header], response_headers_to_add: [header] };
    };
    expect(firstRoute([virtualService(["a.com"], [http])])).toMatchObject({
      ...program(request({ set: { d: "1" } }), new Map()),
      request_headers_to_add: [{ header: { key: "x-variant", value: "c" } }],
      route: { weighted_clusters: { clusters: [changes("a"), changes("b")] } },
    });
  });

  test("at a gateway look at all VirtualServices of the host", () => {
    const bound = { gateways: ["default/gateway"] };
    const headers = request({ set: { a: "1" } });
    const path = [httpMatch({ uri: { prefix: "/a" } })];
    const one = virtualService(["a.com"], [routeTo("a.com", { match: path, headers })], bound);
    const match = [httpMatch({ headers: { a: { exact: "1" } } })];
    const other = virtualService(["a.com"], [routeTo("b.com", { match })], bound);
    expect(firstRoute([one], "gateway")).toMatchObject(program(headers, new Map()));
    expect(firstRoute([one, other], "gateway")).toMatchObject({ request_headers_to_add: [{ header: { key: "a" } }] });
  });
});
