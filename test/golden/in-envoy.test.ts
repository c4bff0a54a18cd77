import { request } from "node:http";
import type { OutgoingHttpHeaders } from "node:http";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fault, Headers, HttpRoute } from "../../controlplane/src/model/types.ts";
import {
  bundlePrograms,
  compileAuthorization,
  compileFault,
  compileHeaders,
} from "../../controlplane/src/policy/index.ts";
import type { BundledPrograms } from "../../controlplane/src/policy/index.ts";
import { translate } from "../../controlplane/src/translate/index.ts";
import { resourceJson } from "../../controlplane/src/translate/json-fixture.ts";
import {
  httpMatch,
  httpRoute,
  mesh,
  routeTo,
  service,
  sidecar,
  virtualService,
  workload,
} from "../../controlplane/src/translate/mesh-fixture.ts";
import { call } from "../kit/http.ts";
import { authorizationPolicy, operation, values } from "./models.ts";
import { buildModules, filter, startEnvoy } from "./real-envoy.ts";
import type { EnvoyUnderTest } from "./real-envoy.ts";

const ports = { envoy: 20_911, program: 20_912 };
let running: EnvoyUnderTest | undefined;

beforeAll(buildModules, 60_000);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const set = (name: string, value: string): Headers => ({ request: { set: { [name]: value }, add: {}, remove: [] } });
const bundled = (programs: BundledPrograms): string =>
  Buffer.from(bundlePrograms(programs) ?? new Uint8Array()).toString("base64");
const metadata = (headers: Headers): object => ({
  filter_metadata: {
    sluice: { policies: bundled({ headers: compileHeaders(headers, new Map()) ?? new Uint8Array() }) },
  },
});

describe("a module without a program does nothing", () => {
  test.each(["authorization", "policies"] as const)("%s", async (name) => {
    const routes = {
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }] },
      ],
    };
    running = await startEnvoy(ports, [filter(name)], routes);
    if (running === undefined) return;
    expect((await fetch(running.url)).status).toBe(200);
    expect(running.envoy.logs()).not.toMatch(/\[(error|critical)\]/);
  });
});

describe("an abort, as Envoy's own fault filter answers it", () => {
  const headers = { response: { set: { "x-answered": "1" }, add: {}, remove: [] } };
  const routesWith = (fault: Fault): object => {
    const policies = bundled({ fault: compileFault(fault), headers: compileHeaders(headers, new Map()) });
    const route = {
      match: { prefix: "/" },
      direct_response: { status: 200 },
      metadata: { filter_metadata: { sluice: { policies } } },
    };
    return { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] };
  };
  const always = 1_000_000;

  test.each([
    ["an HTTP status", { httpStatus: 418 }, "text/plain", 418, null, "fault filter abort"],
    ["an HTTP status, to a gRPC client", { httpStatus: 503 }, "application/grpc", 200, "14", ""],
    ["a gRPC status, as trailers only", { grpcStatus: 8 }, "application/grpc", 200, "8", ""],
    ["a gRPC status, to another client", { grpcStatus: 8 }, "text/plain", 200, null, "fault filter abort"],
  ] as const)("%s", async (_, status, type, code, grpcStatus, body) => {
    running = await startEnvoy(ports, [filter("policies")], routesWith({ abort: { perMillion: always, ...status } }));
    if (running === undefined) return;
    const answer = await fetch(running.url, { method: "POST", headers: { "content-type": type }, body: "x" });
    expect([answer.status, answer.headers.get("grpc-status"), await answer.text()]).toEqual([code, grpcStatus, body]);
    expect(answer.headers.get("x-answered")).toBe("1");
  });
});

// What the translation of header operations rests on.
describe("Envoy chooses the route again when a Wasm filter has changed the request", () => {
  const answer = (name: string) => ({ status: 200, body: { inline_string: name } });
  const matches = { prefix: "/", headers: [{ name: "x-user", string_match: { exact: "jason" } }] };
  const routesWith = (headers: Headers): object => ({
    virtual_hosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          { match: matches, direct_response: answer("jason's"), metadata: metadata(headers) },
          { match: { prefix: "/" }, direct_response: answer("everyone's"), metadata: metadata(headers) },
        ],
      },
    ],
  });

  test.each([
    ["a header that no route matches on: the same", set("x-other", "1"), "jason's"],
    ["a header that a route matches on: another", set("x-user", "anne"), "everyone's"],
  ])("%s", async (_, headers, expected) => {
    running = await startEnvoy(ports, [filter("policies")], routesWith(headers));
    if (running === undefined) return;
    const response = await fetch(running.url, { headers: { "x-user": "jason" } });
    expect(await response.text()).toBe(expected);
  });
});

describe("header operations as translated", () => {
  const digest = { sha256: "a".repeat(64) };
  const modules = { policies: digest, authorization: digest };
  const clusters = ["outbound|80||a.com", "outbound|80||b.com"];
  const jason = [httpMatch({ headers: { "x-user": { exact: "jason" } } })];

  function routesOf(http: readonly HttpRoute[]): object {
    const [proxy] = translate(
      mesh({
        services: [service("a.com"), service("b.com")],
        virtualServices: [virtualService(["a.com"], http)],
        proxies: [sidecar(workload("client"), { inbound: [] })],
      }),
      { modules },
    );
    const routes = proxy?.resources.find(({ kind }) => kind === "route");
    return routes ? (resourceJson(routes) as object) : {}; // A message is a JSON object.
  }

  async function serve(http: readonly HttpRoute[]): Promise<EnvoyUnderTest | undefined> {
    running = await startEnvoy(ports, [filter("policies", undefined, true)], routesOf(http), clusters);
    return running;
  }

  /** The headers that the program got. */
  async function got(url: string, headers: Record<string, string>): Promise<Record<string, string>> {
    const { body } = await call(url, { host: "a.com", ...headers });
    return (JSON.parse(body) as { headers: Record<string, string> }).headers;
  }

  test("a header that routes match on is changed, and the request keeps its route", async () => {
    const headers = {
      request: { set: { "x-user": "100% anne" }, add: { "x-both": "2", "x-route": "1" }, remove: ["x-gone"] },
    };
    const both = httpMatch({ headers: { "x-both": { exact: "never" } } });
    const server = await serve([
      routeTo("a.com", { match: jason, headers }),
      routeTo("b.com", { match: [both] }),
      routeTo("b.com", { headers: set("x-route", "2") }),
    ]);
    if (server === undefined) return;
    const seen = await got(server.url, { "x-user": "jason", "x-both": "1", "x-gone": "1" });
    expect(seen).toMatchObject({ "x-user": "100% anne", "x-both": "1, 2", "x-route": "1" });
    expect(seen).not.toHaveProperty("x-gone");
    expect(await got(server.url, {})).toMatchObject({ "x-route": "2" });
  });

  test("of weighted destinations the chosen one's headers, whoever changes them", async () => {
    const to = (host: string) => ({
      destination: { host },
      weight: 1,
      headers: { request: { set: { host, "x-ours": host, "x-user": host }, add: {}, remove: [] } },
    });
    const server = await serve([httpRoute({ route: [to("a.com"), to("b.com")] }), routeTo("a.com", { match: jason })]);
    if (server === undefined) return;
    const seen = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const { host = "", ...rest } = await got(server.url, {});
      expect(rest).toMatchObject({ "x-ours": host, "x-user": host });
      seen.add(host);
    }
    expect([...seen].toSorted()).toEqual(["a.com", "b.com"]);
  });

  test("of destinations that share a cluster the chosen one's headers", async () => {
    const to = (variant: string) => {
      const own = { set: { "x-variant": variant }, add: {}, remove: [] };
      return { destination: { host: "a.com" }, weight: 1, headers: { request: own, response: own } };
    };
    const server = await serve([httpRoute({ route: [to("a"), to("b")], headers: set("x-route", "1") })]);
    if (server === undefined) return;
    const seen = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const { body, headers } = await call(server.url, { host: "a.com" });
      const variant = headers["x-variant"] ?? "";
      expect(JSON.parse(body)).toMatchObject({ headers: { "x-variant": variant, "x-route": "1" } });
      seen.add(variant);
    }
    expect([...seen].toSorted()).toEqual(["a", "b"]);
  });
});

describe("authorization by what a request's headers say", () => {
  const direct = { match: { prefix: "/" }, direct_response: { status: 200 } };
  const routes = { virtual_hosts: [{ name: "all", domains: ["*"], routes: [direct] }] };
  const condition = (header: string, value: string) => ({ header, values: values(value), notValues: [] });
  const one = [{ when: [condition("x-a", "1,2")] }];
  // More than one fact: the filter then reads all headers at once.
  const several = [
    { when: [condition("x-a", "1,2"), condition("x-b", "3")] },
    { when: [condition("host", "bad.com")] },
    { to: [operation({ methods: values("PUT"), paths: values("/p") })] },
  ];

  test.each([
    ["several values are joined, read alone", one, "GET /", { "x-a": ["1", "2"] }, 403],
    ["one of the values is not all", one, "GET /", { "x-a": "1" }, 200],
    ["several values are joined, read with others", several, "GET /", { "x-a": ["1", "2"], "x-b": "3" }, 403],
    ["a header is missing", several, "GET /", { "x-a": ["1", "2"] }, 200],
    ["host is a header, too", several, "GET /", { host: "bad.com" }, 403],
    ["method and path, without the query", several, "PUT /p?q", {}, 403],
    ["another method", several, "POST /p", {}, 200],
  ] as const)("%s", async (_, rules, line, headers, expected) => {
    const program = compileAuthorization([authorizationPolicy("p", "DENY", ...rules)]);
    running = await startEnvoy(ports, [filter("authorization", program)], routes);
    if (running === undefined) return;
    const [method, path] = line.split(" ");
    expect(await status(`${running.url}${path}`, method, headers)).toBe(expected);
  });

  function status(
    url: string,
    method: string | undefined,
    headers: Readonly<Record<string, string | readonly string[]>>,
  ): Promise<number | undefined> {
    const lists = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === "string" ? value : [...value],
    ]);
    const options = { headers: Object.fromEntries(lists) as OutgoingHttpHeaders, ...(method ? { method } : {}) };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, options, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  }
});
