import type { Header } from "@sluice/host";
import { beforeAll, expect, test } from "vitest";
import { compileTelemetry } from "../../controlplane/src/policy/index.ts";
import { telemetry } from "./models.ts";
import { loadPolicies, policiesModule } from "./policies.ts";

// What the module measures, as Envoy would drive it; under which labels is in telemetry.test.ts.

let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

const client = compileTelemetry([], "CLIENT");
const OK = [[":status", "200"]] as const;
const path = (value: string): readonly Header[] => [
  [":method", "GET"],
  [":path", value],
  [":scheme", "http"],
  [":authority", "a"],
];

test("sizes are counted as bodies go by, and for metrics that are off nothing is", () => {
  const off = telemetry({ metric: "REQUEST_SIZE", mode: "CLIENT", disabled: true, tags: {} });
  for (const [telemetries, expected] of [
    [
      [],
      [
        ["istio_request_bytes", [7n]],
        ["istio_response_bytes", [9n]],
      ],
    ],
    [[off], [["istio_response_bytes", [9n]]]],
  ] as const) {
    const { host, plugin } = loadPolicies(module, { telemetry: compileTelemetry(telemetries, "CLIENT") });
    const stream = plugin.stream();
    stream.requestHeaders({ endOfStream: false });
    stream.requestBody("x".repeat(3), { endOfStream: false });
    stream.requestBody("x".repeat(4), { endOfStream: true });
    stream.responseHeaders(OK, { endOfStream: false });
    stream.responseBody("x".repeat(9), { endOfStream: false });
    stream.responseTrailers([["x-sum", "1"]]);
    stream.complete();
    const sizes = host.metrics.all().filter(({ name }) => name.includes("_bytes"));
    expect(sizes.map(({ name, samples }) => [name.split(";")[0], samples])).toEqual(expected);
  }
});

test("the size of a body that did not go by to its end is the proxy's own figure", () => {
  const { host, plugin } = loadPolicies(module, { telemetry: client });
  const stream = plugin.stream({ properties: { request: { size: 70 }, response: { size: 90 } } });
  stream.requestHeaders({ endOfStream: false });
  stream.requestBody("xxx", { endOfStream: false });
  stream.responseHeaders(OK, { endOfStream: false });
  stream.responseBody("xx", { endOfStream: false });
  stream.complete();
  const sizes = host.metrics.all().filter(({ name }) => name.includes("_bytes"));
  expect(sizes.map(({ name, samples }) => [name.split(";")[0], samples])).toEqual([
    ["istio_request_bytes", [70n]],
    ["istio_response_bytes", [90n]],
  ]);
});

test("gRPC: status by trailers, or by an answer that has nothing else; messages as Envoy has counted them", () => {
  const grpc = [...path("/"), ["content-type", "application/grpc"] as const];
  const { host, plugin } = loadPolicies(module, { telemetry: client });
  const properties = { filter_state: { "envoy.filters.http.grpc_stats": "3,2" } };
  const whole = plugin.stream({ requestHeaders: grpc, properties });
  whole.requestHeaders({ endOfStream: false });
  whole.responseHeaders(OK, { endOfStream: false });
  whole.responseTrailers([["grpc-status", "5"]]);
  whole.complete();
  const refused = plugin.stream({ requestHeaders: grpc });
  refused.requestHeaders({ endOfStream: false });
  refused.responseHeaders([...OK, ["grpc-status", "12"]], { endOfStream: true });
  refused.complete();
  expect(
    host.metrics
      .all()
      .flatMap(({ name }) => /^istio_requests_total;.*;\.grpc_response_status=(\d+)/.exec(name)?.[1] ?? []),
  ).toEqual(["5", "12"]);
  const messages = host.metrics.all().filter(({ name, value }) => name.includes("_messages_") && value > 0n);
  expect(messages.map(({ name, value }) => [name.split(";")[0], value])).toEqual([
    ["istio_request_messages_total", 3n],
    ["istio_response_messages_total", 2n],
  ]);
});

test("connections count when they end and while they last, whatever the order in which they end", () => {
  const program = compileTelemetry([{ ...telemetry(), reportingIntervalMs: 100 }], "SERVER", { protocol: "tcp" });
  const { host, plugin } = loadPolicies(module, { telemetry: program });
  const open = [1, 2, 3].map((size) => {
    const connection = plugin.connection({ properties: { request: { size }, response: { size: size * 10 } } });
    connection.open();
    return connection;
  });
  const sums = () =>
    host.metrics.all().map(({ name, value }) => [name.split(";")[0]?.slice("istio_tcp_".length), value]);
  open[1]?.complete();
  expect(sums()).toEqual([
    ["sent_bytes_total", 20n],
    ["received_bytes_total", 2n],
    ["connections_opened_total", 1n],
    ["connections_closed_total", 1n],
  ]);
  host.advance(250);
  expect(sums()).toEqual([
    ["sent_bytes_total", 60n],
    ["received_bytes_total", 6n],
    ["connections_opened_total", 3n],
    ["connections_closed_total", 1n],
  ]);
  open[0]?.complete();
  open[2]?.complete();
  host.advance(250);
  expect(sums()).toEqual([
    ["sent_bytes_total", 60n],
    ["received_bytes_total", 6n],
    ["connections_opened_total", 3n],
    ["connections_closed_total", 3n],
  ]);
  expect(plugin.trap).toBeUndefined();
});
