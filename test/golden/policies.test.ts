import { statSync } from "node:fs";
import { join } from "node:path";
import type { Header, Host, PropertyTree } from "@sluice/host";
import { beforeAll, describe, expect, test } from "vitest";
import type { Fault, Headers } from "../../controlplane/src/model/types.ts";
import {
  bundlePrograms,
  compileAuthorization,
  compileFault,
  compileHeaders,
  compileTelemetry,
} from "../../controlplane/src/policy/index.ts";
import { authorizationPolicy, operation, values } from "./models.ts";
import { loadPolicies, NODE, policiesModule, routeMetadata, routeWith } from "./policies.ts";

// The four policies in their one module, as Envoy would drive it.

let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

const set = (name: string, value: string) => ({ set: { [name]: value }, add: {}, remove: [] });
const ALWAYS = 1_000_000;
const abort: Fault = { abort: { perMillion: ALWAYS, httpStatus: 418 } };
const delay: Fault = { delay: { perMillion: ALWAYS, fixedDelayMs: 100 } };
const headers: Headers = { request: set("x-seen", "1"), response: set("x-answered", "1") };
const denyAdmin = compileAuthorization([
  authorizationPolicy("no-admin", "DENY", { to: [operation({ paths: values("/admin") })] }),
]);
const client = compileTelemetry([], "CLIENT") ?? new Uint8Array();
const server = compileTelemetry([], "SERVER") ?? new Uint8Array();
const path = (value: string): readonly Header[] => [
  [":method", "GET"],
  [":path", value],
  [":scheme", "http"],
  [":authority", "a"],
];
const OK = [[":status", "200"]] as const;
const upstream = (destination: string) => ({
  upstream_host_metadata: { filter_metadata: { sluice: { destination } } },
});

describe("the module", () => {
  test("is at most 64 KB", () => {
    expect(statSync(join(import.meta.dirname, "../../.build/filters/policies.wasm")).size).toBeLessThan(65_536);
  });

  test("without programs it does nothing", () => {
    const { host, plugin } = loadPolicies(module);
    const stream = plugin.stream();
    expect(stream.requestHeaders().action).toBe("continue");
    expect(stream.responseHeaders(OK).action).toBe("continue");
    stream.complete();
    expect([host.metrics.all(), host.logs.filter(({ level }) => level > 2)]).toEqual([[], []]);
  });

  test.each([
    [
      "bytes that are no bundle",
      new Uint8Array([1, 2, 3]),
      "sluice.policies: programs refused, it is shorter than its header",
    ],
    [
      "a damaged bundle",
      damaged(bundlePrograms({ telemetry: client })),
      "sluice.policies: programs refused, its checksum does not match its bytes",
    ],
    [
      "a damaged program",
      bundlePrograms({ telemetry: damaged(client) }),
      "sluice.telemetry: program refused, its checksum does not match its bytes",
    ],
    [
      "another policy's program",
      bundlePrograms({ authorization: client }),
      "sluice.authorization: program refused, it belongs to another policy",
    ],
  ])("refuses %s, and says why", (_name, configuration, line) => {
    const { host } = loadPolicies(module);
    const plugin = host.load(module, { configuration: configuration ?? new Uint8Array() });
    expect(plugin.problem).toBeDefined();
    expect(host.logs.map(({ message }) => message)).toContain(line);
  });

  test("routes to the proxy's own program are not asked for theirs", () => {
    const { plugin } = loadPolicies(module, { telemetry: server });
    expect(plugin.stream({ properties: routeWith({ fault: abort }) }).requestHeaders().action).toBe("continue");
  });

  test("a route's bad programs are reported once, and its requests pass unchanged", () => {
    const { host, plugin } = loadPolicies(module);
    const bad = Buffer.from(bundlePrograms({ fault: damaged(compileFault(abort)) }) ?? []).toString("base64");
    for (const text of [bad, bad, "!!!!", "!!!!"]) {
      expect(plugin.stream({ properties: routeMetadata(text) }).requestHeaders().action).toBe("continue");
    }
    const refused = "sluice.policies: a route's programs refused, it has no faults and keeps its headers, ";
    expect(host.logs.map(({ message }) => message).filter((message) => message.startsWith(refused))).toEqual([
      `${refused}its checksum does not match its bytes`,
      `${refused}it is not base64`,
    ]);
  });
});

describe("in Istio's order", () => {
  test("a denied request meets no fault; the route's headers are on the answer", () => {
    const { plugin } = loadPolicies(module, { authorization: denyAdmin });
    const stream = plugin.stream({ requestHeaders: path("/admin"), properties: routeWith({ fault: abort, headers }) });
    expect(stream.requestHeaders().localReply).toMatchObject({ status: 403 });
    expect(stream.downstream.headers?.text("x-answered")).toBe("1");
  });

  test("the chosen destination's headers are on a denial, too", () => {
    const { plugin } = loadPolicies(module, { authorization: denyAdmin });
    const own = compileHeaders(undefined, new Map([["outbound|80||a", headers]]));
    const text = Buffer.from(bundlePrograms({ headers: own }) ?? []).toString("base64");
    const metadata = { filter_metadata: { sluice: { policies: text } } };
    const properties = { xds: { cluster_name: "outbound|80||a", route_metadata: metadata } };
    const stream = plugin.stream({ requestHeaders: path("/admin"), properties });
    expect(stream.requestHeaders().localReply).toMatchObject({ status: 403 });
    expect(stream.downstream.headers?.text("x-answered")).toBe("1");
  });

  test("an abort leaves the request as it was; the route's headers are on the answer", () => {
    const { plugin } = loadPolicies(module);
    const stream = plugin.stream({ properties: routeWith({ fault: abort, headers }) });
    const reply = stream.requestHeaders().localReply;
    expect(reply).toMatchObject({ status: 418, details: "fault_filter_abort" });
    expect(stream.request?.text("x-seen")).toBeUndefined();
    expect(stream.downstream.headers?.text("x-answered")).toBe("1");
  });

  test("a delay comes first, then the abort", () => {
    const { host, plugin } = loadPolicies(module);
    const stream = plugin.stream({ properties: routeWith({ fault: { ...delay, ...abort } }) });
    expect(stream.requestHeaders()).toMatchObject({ action: "pause" });
    host.advance(90);
    expect(stream.localReply).toBeUndefined();
    host.advance(20);
    expect(stream.localReply).toMatchObject({ status: 418 });
  });

  test("headers are changed when the delay is over, and the request goes on", () => {
    const { host, plugin } = loadPolicies(module);
    const stream = plugin.stream({ properties: routeWith({ fault: delay, headers }) });
    stream.requestHeaders();
    expect(stream.paused.request).toBe(true);
    host.advance(110);
    expect(stream.paused.request).toBe(false);
    expect(stream.upstream.headers?.text("x-seen")).toBe("1");
  });

  test("delays of many streams end in the order of their ends, and the tick stops", () => {
    const { host, plugin } = loadPolicies(module);
    const streams = [300, 100, 200, 100].map((fixedDelayMs) => {
      const fault = { delay: { perMillion: ALWAYS, fixedDelayMs } };
      const stream = plugin.stream({ properties: routeWith({ fault }) });
      stream.requestHeaders();
      return stream;
    });
    const waiting = () => streams.map((stream) => stream.paused.request);
    host.advance(110);
    expect(waiting()).toEqual([true, false, true, false]);
    streams[2]?.complete();
    host.advance(200);
    expect(waiting()[0]).toBe(false);
    expect(plugin.nextTickNs).toBeUndefined();
  });

  test("a client that leaves while its request waits is forgotten", () => {
    const { host, plugin } = loadPolicies(module, { telemetry: client });
    const stream = plugin.stream({ properties: routeWith({ fault: delay }) });
    stream.requestHeaders();
    stream.complete();
    host.advance(200);
    expect([plugin.trap, plugin.nextTickNs]).toEqual([undefined, undefined]);
  });
});

describe("telemetry", () => {
  /** The labels of all that was counted, out of the metrics' names. */
  const count = ({ metrics }: Host): readonly Readonly<Record<string, string>>[] =>
    metrics
      .all()
      .filter(({ name, value }) => name.startsWith("istio_requests_total") && value === 1n)
      .map(({ name }) =>
        Object.fromEntries(
          name
            .split(";.")
            .slice(1)
            .map((label) => label.split("=") as [string, string]),
        ),
      );

  function counted(programs: Parameters<typeof loadPolicies>[1], properties: PropertyTree, request = path("/")) {
    const { host, plugin } = loadPolicies(module, programs);
    const stream = plugin.stream({ requestHeaders: request, properties });
    if (stream.requestHeaders().action === "continue") stream.responseHeaders(OK);
    else host.advance(500);
    stream.complete();
    return count(host)[0];
  }

  test("at the client the endpoint says who the destination is", () => {
    const xds = upstream("a.ns.svc.cluster.local;a-v1;ns;a;v1;a;v1;Kubernetes");
    const labels = counted({ telemetry: client }, { xds });
    const names = ["reporter", "source_workload", "destination_service_name", "destination_workload", "response_code"];
    expect(names.map((name) => labels?.[name])).toEqual(["source", "self-v1", "a", "a-v1", "200"]);
  });

  test("without an endpoint the cluster's name does", () => {
    const labels = counted({ telemetry: client }, { xds: { cluster_name: "outbound|80||b.ns.svc.cluster.local" } });
    expect(labels).toMatchObject({ destination_service_name: "b", destination_workload: "unknown" });
  });

  test("at the server the header says who the source is", () => {
    const request = [...path("/"), ["x-sluice-peer", "c-v1;ns;c;v1;c;v1;Kubernetes"] as const];
    const labels = counted({ telemetry: server }, { xds: { cluster_name: "inbound|80||a.com" } }, request);
    const names = ["reporter", "source_workload", "destination_workload", "destination_service"];
    expect(names.map((name) => labels?.[name])).toEqual(["destination", "c-v1", "self-v1", "a.com"]);
  });

  test.each<[string, Fault, string, string]>([
    ["an abort", abort, "418", "FI"],
    ["a delay and an abort", { ...delay, ...abort }, "418", "DI,FI"],
  ])("%s shows in the response flags", (_name, fault, code, flags) => {
    const labels = counted({ telemetry: client }, routeWith({ fault }));
    expect(labels).toMatchObject({ response_code: code, response_flags: flags });
  });

  test.each([
    ["application/grpc", "grpc"],
    ["application/grpc+proto", "grpc"],
    ["application/grpc-web", "http"],
    ["text/plain", "http"],
  ])("content type %s of a request with a body is %s", (type, protocol) => {
    const { host, plugin } = loadPolicies(module, { telemetry: client });
    const stream = plugin.stream({ requestHeaders: [...path("/"), ["content-type", type]] });
    stream.requestHeaders({ endOfStream: false });
    stream.requestBody("x");
    stream.responseHeaders(OK);
    stream.complete();
    expect(count(host)).toMatchObject([{ request_protocol: protocol }]);
  });

  test("the duration counts from the request's headers to the end of the stream, in milliseconds", () => {
    const { host, plugin } = loadPolicies(module, { telemetry: client });
    const stream = plugin.stream();
    stream.requestHeaders();
    host.advance(42.9);
    stream.responseHeaders(OK);
    stream.complete();
    const histogram = host.metrics.all().find(({ name }) => name.startsWith("istio_request_duration_milliseconds"));
    expect(histogram).toMatchObject({ samples: [42n] });
  });

  test("a request that came to no callback is counted, and nothing of the one before it clings to it", () => {
    const { host, plugin } = loadPolicies(module, { telemetry: server });
    const first = plugin.stream({ requestHeaders: [...path("/"), ["x-sluice-peer", "c-v1;ns;c;v1;c;v1;K"]] });
    first.requestHeaders();
    first.complete();
    plugin.stream().complete();
    expect(count(host).map((labels) => labels["source_workload"])).toEqual(["c-v1", "unknown"]);
  });

  test("the proxy's identity is its node's", () => {
    const labels = counted({ telemetry: client }, {});
    const [workload, namespace] = NODE.metadata.SLUICE_PEER.split(";");
    expect(labels).toMatchObject({ source_workload: workload, source_workload_namespace: namespace });
  });
});

/** A copy with its last byte changed. */
function damaged(bytes: Uint8Array = new Uint8Array()): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
