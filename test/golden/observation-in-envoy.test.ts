import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import { createServer } from "node:http2";
import type { Http2Server } from "node:http2";
import { connect, createServer as createSocketServer } from "node:net";
import type { AddressInfo, Server as SocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import type { AccessLog } from "../../controlplane/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { AccessLogSchema } from "../../controlplane/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { HttpConnectionManager_TracingSchema } from "../../controlplane/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { parseAccessLogCondition } from "../../controlplane/src/model/access-log-condition.ts";
import type { LogProvider, TraceProvider, Tracing } from "../../controlplane/src/model/telemetry-types.ts";
import { asJson } from "../../controlplane/src/translate/json-fixture.ts";
import { accessLogsOf } from "../../controlplane/src/translate/telemetry-access-log.ts";
import { tracingSettings } from "../../controlplane/src/translate/telemetry-settings.ts";
import { tracingOf } from "../../controlplane/src/translate/telemetry-tracing.ts";
import { eventually } from "../kit/eventually.ts";
import { telemetry } from "./models.ts";

// Access logs with their conditions, and spans, to files and to collectors, as a real Envoy writes them.

const PORT = 20_971;
const TCP_PORT = PORT + 20;
const URL_OF = `http://127.0.0.1:${PORT}`;
const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

/** A condition, and of the requests below those that it lets into the log. */
const CONDITIONS: readonly (readonly [expression: string, logged: readonly string[]])[] = [
  ["response.code >= 400", ["/404", "/503"]],
  ["response.code == 200", ["/200"]],
  ["500 <= response.code && response.code < 600", ["/503"]],
  ["response.code == 404 || request.headers['x-log'] == 'yes'", ["/200", "/404"]],
  ["'x-log' in request.headers", ["/200"]],
  ["request.url_path.startsWith('/4') || response.code == 503", ["/404", "/503"]],
  ["has(request.headers.nothing) && !(response.code in [200, 404])", []],
  ["!(response.code in [200, 404])", ["/503"]],
  ["size(request.method) == 3 && request.path.endsWith('3')", ["/503"]],
  ["request.url_path.matches('^/[24]')", ["/200", "/404"]],
  ["response.flags != 0", []],
  ["int(request.headers['x-number']) > 5", ["/200"]],
];

const collector = { host: "collector.test", port: 4317 };
const web = { host: "web.test", port: 80 };
const customTags = {
  team: { literal: "payments" },
  tag: { header: "x-tag", defaultValue: "none" },
  "from-environment": { environment: "SLUICE_NO_SUCH_VARIABLE", defaultValue: "fallback" },
  shape: { format: "%REQ(:METHOD)%-%PROTOCOL%" },
};
const TAGGED = [
  "team",
  "payments",
  "tag",
  "none",
  "fallback",
  "GET-HTTP/1.1",
  "istio.namespace",
  "istio.canonical_service",
];

type Row = [name: string, provider: TraceProvider, path: string, texts: readonly string[], headers: object];

/** A tracer, where its spans come to, what is in them, and the headers with which they come. */
const TRACERS: readonly Row[] = [
  [
    "opentelemetry by gRPC",
    { kind: "otel-trace", name: "a", ...collector, grpc: { timeoutMs: 2000, metadata: { "x-tenant": "shop" } } },
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ["cart.shop", "orders.shop:80/2*", ...TAGGED],
    { "x-tenant": "shop" },
  ],
  [
    "opentelemetry by HTTP, with a detector of resources",
    {
      kind: "otel-trace",
      name: "b",
      ...web,
      http: { path: "/v1/traces", headers: { "x-token": "100%%" } },
      detectors: ["environment", "dynatrace"],
    },
    "/v1/traces",
    ["cart.shop", ...TAGGED],
    { "x-token": "100%", host: "web.test" },
  ],
  [
    "zipkin",
    { kind: "zipkin", name: "c", ...web, http: { path: "/api/v2/spans", headers: { "x-a": "b" } }, w3c: true },
    "/api/v2/spans",
    ["orders.shop:80/2*", "istio.canonical_revision", "payments"],
    { "x-a": "b", host: "web.test" },
  ],
  [
    "skywalking",
    { kind: "skywalking", name: "d", ...collector, token: "secret" },
    "/skywalking.v3.TraceSegmentReportService/collect",
    ["cart.shop", "payments"],
    { authentication: "secret" },
  ],
  ["datadog", { kind: "datadog", name: "e", ...web }, "/v0.4/traces", ["cart.shop", "payments"], { host: "web.test" }],
  [
    "opentelemetry with the sampler of Dynatrace",
    {
      kind: "otel-trace",
      name: "f",
      ...web,
      http: { path: "/sampled", headers: {} },
      sampler: { tenant: "t", clusterId: 1, service: { ...web, path: "/sampling", headers: { "x-s": "1" } } },
    },
    "/sampled",
    ["cart.shop"],
    {},
  ],
];
/** A listener that is the first tracer's, but does not hand on contexts. */
const CONTEXTLESS = TRACERS.length;

let folder: string;
let envoy: RunningEnvoy | undefined;
let grpc: Http2Server;
let http: HttpServer;
let echo: SocketServer;
/** What the collectors got, as text: names and values stand in it as they are. By the path of the call or request. */
const got = new Map<string, string>();
/** Headers that came with it. */
const headersOf = new Map<string, object>();

function keep(path: string, data: Buffer): void {
  got.set(path, (got.get(path) ?? "") + data.toString("latin1"));
}

beforeAll(async () => {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "sluice-observation-"));
  grpc = createServer().on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    headersOf.set(path, headers);
    stream.on("data", (data: Buffer) => keep(path, data));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.on("end", () => stream.end());
    stream.on("error", () => {});
  });
  http = createHttpServer((request, response) => {
    headersOf.set(request.url ?? "", request.headers);
    request.on("data", (data: Buffer) => keep(request.url ?? "", data)).on("end", () => response.end("{}"));
  });
  echo = createSocketServer((socket) =>
    socket
      .on("error", () => {})
      .on("data", (data: Buffer) => {
        const isHttp = data.includes("HTTP/1.1");
        socket.end(isHttp ? `HTTP/1.1 200 OK\r\ncontent-length: ${data.length}\r\n\r\n${data.toString()}` : data);
      }),
  );
  for (const server of [grpc, http, echo])
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(),
    logFile: join(folder, "envoy.log"),
    // Ten seconds otherwise.
    args: ["--file-flush-interval-msec", "50"],
    ready: { listeners: ["test"] },
  });
  await fetch(`${URL_OF}/200`, { headers: { "x-log": "yes", "x-number": "7", "x-tag": "seen" } });
  await fetch(`${URL_OF}/404`, { headers: { "x-number": "3" } });
  await fetch(`${URL_OF}/503`);
  for (const offset of TRACERS.keys()) await fetch(`http://127.0.0.1:${PORT + 1 + offset}/200`);
  await new Promise((resolve) => {
    const socket = connect(TCP_PORT, "127.0.0.1", () => socket.end("hello"));
    socket.on("close", resolve).resume();
  });
}, 60_000);

afterAll(async () => {
  await envoy?.stop();
  http?.closeAllConnections();
  for (const server of [grpc, http, echo]) server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe("access logs", () => {
  test.each(CONDITIONS)("%s: %o", async (expression, logged) => {
    if (envoy === undefined) return;
    const file = join(folder, `${CONDITIONS.findIndex(([one]) => one === expression)}.log`);
    await eventually("the log of all", () => lines(join(folder, "all.log")).length === 3);
    // Envoy writes each file in its own time.
    await expect.poll(() => lines(file), { timeout: 10_000 }).toEqual(logged);
  });

  test("as JSON", async () => {
    if (envoy === undefined) return;
    const written = await eventually("the JSON log", () => lines(join(folder, "json.log"))[0]);
    expect(JSON.parse(written)).toEqual({ code: 200, path: "/200", list: ["GET", 1], deep: { on: true } });
  });

  const ALS = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
  const OTLP = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
  test.each([
    ["envoyHttpAls", ALS, ["http-log", "/404", "x-number", "x-answered"]],
    ["envoyTcpAls", ALS, ["tcp-log", "outbound|9||echo.test"]],
    ["envoyOtelAls", OTLP, ["GET of /404", "color", "/404 is green"]],
    ["envoyOtelAls of a connection", OTLP, ["bytes 5"]],
  ])("to a service of the mesh: %s", async (_, path, texts) => {
    if (envoy === undefined) return;
    const missing = (): readonly string[] => texts.filter((text) => !got.get(path)?.includes(text));
    await expect.poll(missing, { timeout: 15_000 }).toEqual([]);
  });
});

describe("tracers", () => {
  test.each(TRACERS)("%s", async (_, __, path, texts, headers) => {
    if (envoy === undefined) return;
    // A tracer sends in its own time, after seconds.
    const missing = (): readonly string[] => texts.filter((text) => !got.get(path)?.includes(text));
    await expect.poll(missing, { timeout: 15_000 }).toEqual([]);
    expect(headersOf.get(path)).toMatchObject(headers);
  });

  test.each<[name: string, port: number, traced: boolean, propagated: boolean]>([
    ["a context goes on with the request", 0, true, true],
    ["unless that is off", CONTEXTLESS, true, false],
  ])("%s", async (_, offset, __, propagated) => {
    if (envoy === undefined) return;
    const answer = await fetch(`http://127.0.0.1:${PORT + 1 + offset}/echo`);
    expect(/traceparent/i.test(await answer.text())).toBe(propagated);
  });
});

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

const address = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const workload = { name: "cart", namespace: "shop", labels: { app: "cart" } };

function bootstrap(): object {
  const sink = (name: string): Extract<LogProvider, { kind: "file" }> => ({
    kind: "file",
    name,
    path: join(folder, `${name}.log`),
    format:
      name === "json"
        ? { json: { code: "%RESPONSE_CODE%", path: "%PATH%", list: ["%REQ(:METHOD)%", 1], deep: { on: true } } }
        : { text: "%REQ_WITHOUT_QUERY(:PATH)%\n" },
    ...(name === "json" ? { omitsEmpty: true } : {}),
  });
  const conditions = CONDITIONS.map(([expression], index) => {
    const condition = parseAccessLogCondition(expression);
    if ("message" in condition) throw new Error(condition.message);
    return { provider: sink(String(index)), condition };
  });
  const als = { ...collector, filterState: [], responseTrailers: [] };
  const remote: readonly LogProvider[] = [
    {
      ...als,
      kind: "http-als",
      name: "http",
      logName: "http-log",
      requestHeaders: ["x-number"],
      responseHeaders: ["x-answered"],
    },
    { ...als, kind: "tcp-als", name: "tcp", logName: "tcp-log" },
    {
      ...collector,
      kind: "otel-log",
      name: "otel",
      logName: "otel-log",
      text: "%REQ(:METHOD)% of %PATH%, bytes %BYTES_RECEIVED%",
      attributes: { color: "%PATH% is green" },
    },
  ];
  const sinks = [...remote.map((provider) => ({ provider })), ...conditions];
  const logs = accessLogsOf([...sinks, { provider: sink("json") }, { provider: sink("all") }]);
  const first = TRACERS.map(([, provider]) =>
    listener(provider, PORT + 1 + TRACERS.findIndex((row) => row[1] === provider)),
  );
  const [, otel] = TRACERS[0] ?? [];
  if (otel === undefined) throw new Error("no tracer");
  return {
    node: { id: "test", cluster: "test" },
    static_resources: {
      listeners: [
        listener(otel, PORT, logs),
        ...first,
        listener(otel, PORT + 1 + CONTEXTLESS, [], { disableContextPropagation: true }),
        tcpListener(
          accessLogsOf(
            remote.map((provider) => ({ provider })),
            "tcp",
          ),
        ),
      ],
      clusters: [
        cluster("outbound|4317||collector.test", grpc, true),
        cluster("outbound|80||web.test", http, false),
        cluster("outbound|9||echo.test", echo, false),
      ],
    },
  };
}

/** A listener that traces to a provider, and answers by the request's path. */
function listener(
  provider: TraceProvider,
  port: number,
  logs: readonly AccessLog[] = [],
  more: Partial<Tracing> = {},
): object {
  const tracing = [
    { mode: "CLIENT" as const, provider: provider.name, samplingPerMillion: 1_000_000, customTags, ...more },
  ];
  const settings = tracingSettings([{ ...telemetry(), tracing }], "CLIENT", [provider]);
  if (settings === undefined) throw new Error("no tracing");
  const answer = (status: number): object => ({
    match: { prefix: `/${String(status).charAt(0)}` },
    direct_response: { status },
    decorator: { operation: `orders.shop:80/${String(status).charAt(0)}*` },
    response_headers_to_add: [{ header: { key: "x-answered", value: "yes" } }],
  });
  const echoed = { match: { prefix: "/echo" }, route: { cluster: "outbound|9||echo.test", timeout: "1s" } };
  const manager = {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "test",
    access_log: logs.map((log) => asJson(AccessLogSchema, log)),
    tracing: asJson(HttpConnectionManager_TracingSchema, tracingOf(settings, workload)),
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [echoed, ...[200, 404, 503].map(answer)] }],
    },
    http_filters: [{ name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } }],
  };
  return {
    name: port === PORT ? "test" : `test-${port}`,
    address: address(port),
    traffic_direction: "OUTBOUND",
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

function tcpListener(logs: readonly AccessLog[]): object {
  const proxy = {
    "@type": type("filters.network.tcp_proxy.v3.TcpProxy"),
    stat_prefix: "tcp",
    cluster: "outbound|9||echo.test",
    access_log: logs.map((log) => asJson(AccessLogSchema, log)),
  };
  return {
    name: "tcp",
    address: address(TCP_PORT),
    filter_chains: [{ filters: [{ name: "tcp", typed_config: proxy }] }],
  };
}

function cluster(name: string, server: { address(): unknown }, isHttp2: boolean): object {
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const http2 = {
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": type("upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
  return {
    name,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
    ...(isHttp2 ? http2 : {}),
  };
}
