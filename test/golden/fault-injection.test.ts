import type { Header } from "@sluice/host";
import { beforeAll, expect, test } from "vitest";
import type { FaultInjection } from "../../controlplane/src/model/fault-injection.ts";
import type { Fault, Headers } from "../../controlplane/src/model/types.ts";
import { compileFault, compileTelemetry } from "../../controlplane/src/policy/index.ts";
import { faultInjection } from "./models.ts";
import { loadPolicies, policiesModule, routeWith } from "./policies.ts";

// FaultInjections in the module that ships, as Envoy would drive it.

let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

const ALWAYS = 1_000_000;
const set = (name: string, value: string) => ({ set: { [name]: value }, add: {}, remove: [] });
const headers: Headers = { response: set("x-answered", "1") };
const path = (value: string): readonly Header[] => [
  [":method", "GET"],
  [":path", value],
  [":scheme", "http"],
  [":authority", "a"],
];
const OK = [[":status", "200"]] as const;
const server = compileTelemetry([], "SERVER") ?? new Uint8Array();
const distribution = { kind: "fixed", ms: 100 } as const;
const slow = { delay: { perMillion: ALWAYS, distribution } };
const teapot = { abort: { perMillion: ALWAYS, statuses: [{ weight: 1, status: { httpStatus: 418 } }] } };
const withHeaders = (...extra: readonly Header[]) => [...path("/"), ["x-request-id", "1"] as const, ...extra];

function start(fields: Partial<FaultInjection>, own?: Fault) {
  const { host, plugin } = loadPolicies(module);
  const properties = routeWith({
    ...(own ? { fault: own } : {}),
    injections: [faultInjection("f", fields)],
    headers,
  });
  const request = (...extra: readonly Header[]) => {
    const stream = plugin.stream({ requestHeaders: withHeaders(...extra), properties });
    stream.requestHeaders();
    return stream;
  };
  return { host, plugin, request };
}
const statusOf = (stream: { readonly localReply?: { readonly status: number } | undefined }) =>
  stream.localReply?.status;

test("acts before the route's own fault, and marks the response", () => {
  const { host, request } = start(teapot, { abort: { perMillion: ALWAYS, httpStatus: 500 } });
  const stream = request();
  expect(stream.localReply).toMatchObject({ status: 418, details: "fault_filter_abort" });
  expect(stream.downstream.headers?.text("x-sluice-fault")).toBe("shop/f;abort");
  expect(host.metrics.all()).toMatchObject([{ name: "fault.shop/f.aborted", value: 1n }]);
});

test.each<[string, Partial<FaultInjection>, readonly Header[], boolean]>([
  [
    "a header as asked",
    { match: [{ headers: { "x-user": { exact: "b" } }, withoutHeaders: {} }] },
    [["x-user", "b"]],
    true,
  ],
  [
    "another value",
    { match: [{ headers: { "x-user": { exact: "b" } }, withoutHeaders: {} }] },
    [["x-user", "c"]],
    false,
  ],
  [
    "one of two values",
    { match: [{ headers: { "x-user": { prefix: "b" } }, withoutHeaders: {} }] },
    [
      ["x-user", "a"],
      ["x-user", "bc"],
    ],
    true,
  ],
  ["no header", { match: [{ headers: { "x-user": { present: true } }, withoutHeaders: {} }] }, [], false],
  [
    "a header that must not be",
    { match: [{ headers: {}, withoutHeaders: { "x-user": { present: true } } }] },
    [["x-user", "b"]],
    false,
  ],
  ["the path without its query", { match: [{ uri: { exact: "/" }, headers: {}, withoutHeaders: {} }] }, [], true],
  [
    "the whole path by an expression",
    { match: [{ uri: { regex: "/|x" }, headers: {}, withoutHeaders: {} }] },
    [],
    true,
  ],
  [
    "a part of a header by an expression",
    { match: [{ headers: { "x-user": { regex: "a|b+" } }, withoutHeaders: {} }] },
    [["x-user", "bba"]],
    false,
  ],
  [
    "a header that must not match an expression",
    { match: [{ headers: {}, withoutHeaders: { "x-user": { regex: "(?i)B+" } } }] },
    [["x-user", "bb"]],
    false,
  ],
  ["another method", { match: [{ method: { exact: "POST" }, headers: {}, withoutHeaders: {} }] }, [], false],
  ["the first attempt", { attempts: 1 }, [["x-envoy-attempt-count", "1"]], true],
  ["the second attempt", { attempts: 1 }, [["x-envoy-attempt-count", "2"]], false],
  ["a number that is none", { attempts: 1 }, [["x-envoy-attempt-count", "9x"]], true],
  ["the opt-out", {}, [["x-sluice-no-fault", ""]], false],
  ["an end in the past", { expiresMs: 1 }, [], false],
])("%s: disturbed or not", (_name, fields, extra, isDisturbed) => {
  expect(statusOf(start({ ...teapot, ...fields }).request(...extra))).toBe(isDisturbed ? 418 : undefined);
});

test("what it does not match falls to the route's own fault", () => {
  const { request } = start({ ...teapot, expiresMs: 1 }, { abort: { perMillion: ALWAYS, httpStatus: 500 } });
  expect(statusOf(request())).toBe(500);
});

test("ends by the filter's clock", () => {
  const now = Number(loadPolicies(module).host.now() / 1_000_000n);
  const { host, request } = start({ ...teapot, expiresMs: now + 3_600_000 });
  expect(statusOf(request())).toBe(418);
  host.advance(3_700_000);
  expect(statusOf(request())).toBeUndefined();
});

test("no more at once than allowed; a stream that ends makes room", () => {
  const { host, request } = start({ ...slow, maxActive: 2 });
  const streams = [request(), request(), request()];
  expect(streams.map(({ paused }) => paused.request)).toEqual([true, true, false]);
  streams[0]?.complete();
  expect(request().paused.request).toBe(true);
  expect(host.metrics.all()).toContainEqual(expect.objectContaining({ name: "fault.shop/f.withheld", value: 1n }));
});

test("no more a second than allowed", () => {
  const { host, request } = start({ ...teapot, maxPerSecond: 1 });
  expect([request(), request()].map(statusOf)).toEqual([418, undefined]);
  host.advance(1000);
  expect(statusOf(request())).toBe(418);
});

test("with a seed a request id always meets the same", () => {
  const half = { abort: { ...teapot.abort, perMillion: ALWAYS / 2 }, seed: 7 };
  const properties = routeWith({ injections: [faultInjection("f", half)] });
  const seen = [1, 2].map(() => {
    const { plugin } = loadPolicies(module);
    return Array.from({ length: 64 }, (_, id) => {
      const stream = plugin.stream({ requestHeaders: [...path("/"), ["x-request-id", `id-${id}`]], properties });
      stream.requestHeaders();
      return statusOf(stream);
    });
  });
  expect(seen[0]).toEqual(seen[1]);
  expect(new Set(seen[0])).toEqual(new Set([418, undefined]));
});

test("in the response phase the response waits, with its headers changed", () => {
  const { host, request } = start({ ...slow, phase: "RESPONSE" });
  const stream = request();
  expect(stream.paused.request).toBe(false);
  expect(stream.responseHeaders(OK).action).toBe("pause");
  host.advance(110);
  expect(stream.paused.response).toBe(false);
  expect(stream.downstream.headers?.text("x-sluice-fault")).toBe("shop/f;delay=100");
  expect(stream.downstream.headers?.text("x-answered")).toBe("1");
});

test("in the response phase the answer is another, or the upstream's with another body", () => {
  const answers = [{ httpStatus: 503 }, { keep: true }] as const;
  const got = answers.map((status) => {
    const answered = {
      perMillion: ALWAYS,
      statuses: [{ weight: 1, status }],
      body: "{",
      contentType: "application/json",
    };
    const stream = start({ abort: answered, phase: "RESPONSE" }).request();
    stream.responseHeaders([[":status", "201"]]);
    return stream.localReply;
  });
  expect(got).toMatchObject([{ status: 503 }, { status: 201 }]);
});

test.each([
  ["503", true],
  ["499", false],
  ["200", true],
])("only responses with the codes that are asked for: %s", (status, isDisturbed) => {
  const responseCodes = [
    [500, 599],
    [200, 200],
  ] as const;
  const { host, request } = start({ ...teapot, phase: "RESPONSE", responseCodes, maxActive: 1 });
  const stream = request();
  stream.responseHeaders([[":status", status]]);
  expect(statusOf(stream)).toBe(isDisturbed ? 418 : undefined);
  // One that was spared makes room for another.
  const next = request();
  next.responseHeaders([[":status", "500"]]);
  expect(statusOf(next)).toBe(isDisturbed ? undefined : 418);
  expect(host.metrics.all().map(({ name }) => name)).toContain("fault.shop/f.aborted");
});

test("slow and short responses: the filters behind are told, and the response tells", () => {
  const drip = { perMillion: ALWAYS, kibPerSecond: 12 };
  const { host, request } = start({ drip, truncate: { perMillion: ALWAYS, bytes: 0 } });
  const stream = request(["x-envoy-fault-throughput-response", "1"]);
  expect(stream.upstream.headers?.text("x-envoy-fault-throughput-response")).toBe("12");
  expect(Buffer.from(stream.filterState.get("wasm.fault_truncate") ?? []).toString()).toBe("0");
  stream.responseHeaders(OK);
  expect(stream.downstream.headers?.text("x-sluice-fault")).toBe("shop/f;drip=12;truncate=0");
  expect(host.metrics.all().map(({ name }) => name)).toEqual(["fault.shop/f.slowed", "fault.shop/f.truncated"]);
});

test("a client cannot ask for a slow response where there are some", () => {
  const { request } = start({ drip: { perMillion: 0, kibPerSecond: 12 }, ...slow, expiresMs: 1 });
  const asked = ["x-envoy-fault-throughput-response", "1"] as const;
  expect(request(asked).upstream.headers?.text(asked[0])).toBe("1");
  const { request: other } = start({ drip: { perMillion: 1, kibPerSecond: 12 }, expiresMs: 1 });
  expect(other(asked).upstream.headers?.text(asked[0])).toBeUndefined();
});

test("a reset ends the stream without an answer", () => {
  const stream = start({
    abort: { perMillion: ALWAYS, statuses: [{ weight: 1, status: { reset: true } }] },
  }).request();
  expect([stream.wasReset, stream.localReply]).toEqual([true, undefined]);
});

test("routes to the proxy's own program are asked where its bundle says so", () => {
  const { plugin } = loadPolicies(module, { telemetry: server, fault: compileFault(undefined) });
  const stream = plugin.stream({ properties: routeWith({ injections: [faultInjection("f", teapot)] }) });
  stream.requestHeaders();
  expect(statusOf(stream)).toBe(418);
});

test("a client that leaves while its response waits is forgotten", () => {
  const { host, plugin, request } = start({ ...slow, phase: "RESPONSE" });
  const stream = request();
  stream.responseHeaders(OK);
  stream.complete();
  host.advance(200);
  expect([plugin.trap, plugin.nextTickNs]).toEqual([undefined, undefined]);
});
