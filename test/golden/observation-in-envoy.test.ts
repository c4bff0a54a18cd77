import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http2";
import type { Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import { AccessLogSchema } from "../../controlplane/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { HttpConnectionManager_TracingSchema } from "../../controlplane/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { parseAccessLogCondition } from "../../controlplane/src/model/access-log-condition.ts";
import type { TelemetryProvider } from "../../controlplane/src/model/telemetry-types.ts";
import { asJson } from "../../controlplane/src/translate/json-fixture.ts";
import { accessLogsOf } from "../../controlplane/src/translate/telemetry-access-log.ts";
import { tracingSettings } from "../../controlplane/src/translate/telemetry-settings.ts";
import { tracingOf } from "../../controlplane/src/translate/telemetry-tracing.ts";
import { eventually } from "../kit/eventually.ts";
import { telemetry } from "./models.ts";

// Access logs with their conditions, and spans, as a real Envoy writes them.

const PORT = 20_971;
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

let folder: string;
let envoy: RunningEnvoy | undefined;
let collector: Http2Server;
/** What the collector got, as text: names and values stand in it as they are. */
let spans = "";

beforeAll(async () => {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "sluice-observation-"));
  collector = createServer().on("stream", (stream) => {
    stream.on("data", (data: Buffer) => (spans += data.toString("latin1")));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.on("end", () => stream.end());
  });
  await new Promise<void>((resolve) => {
    collector.listen(0, "127.0.0.1", resolve);
  });
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(),
    logFile: join(folder, "envoy.log"),
    // Ten seconds otherwise.
    args: ["--file-flush-interval-msec", "50"],
    ready: { listeners: ["test"] },
  });
  await fetch(`http://127.0.0.1:${PORT}/200`, { headers: { "x-log": "yes", "x-number": "7", "x-tag": "seen" } });
  await fetch(`http://127.0.0.1:${PORT}/404`, { headers: { "x-number": "3" } });
  await fetch(`http://127.0.0.1:${PORT}/503`);
}, 60_000);

afterAll(async () => {
  await envoy?.stop();
  collector?.close();
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
    expect(JSON.parse(written)).toEqual({ code: 200, path: "/200" });
  });
});

test("spans have the route's operation and the custom tags, and go to the collector", async () => {
  if (envoy === undefined) return;
  await eventually("spans", () => spans.includes("orders.shop:80/2*") || undefined);
  for (const text of ["cart.shop", "team", "payments", "tag", "seen", "from-environment", "fallback"])
    expect(spans).toContain(text);
});

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

function bootstrap(): object {
  const address = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const sink = (name: string): Extract<TelemetryProvider, { kind: "file" }> => ({
    kind: "file",
    name,
    path: join(folder, `${name}.log`),
    format: name === "json" ? { json: { code: "%RESPONSE_CODE%", path: "%PATH%" } } : { text: "%PATH%\n" },
  });
  const conditions = CONDITIONS.map(([expression], index) => {
    const condition = parseAccessLogCondition(expression);
    if ("message" in condition) throw new Error(condition.message);
    return { provider: sink(String(index)), condition };
  });
  const logs = accessLogsOf([...conditions, { provider: sink("json") }, { provider: sink("all") }]);
  const { port } = collector.address() as AddressInfo; // It listens on TCP.
  const provider = { kind: "otel-trace", name: "otel", host: "collector.test", port: 4317 } as const;
  const customTags = {
    team: { literal: "payments" },
    tag: { header: "x-tag", defaultValue: "" },
    "from-environment": { environment: "SLUICE_NO_SUCH_VARIABLE", defaultValue: "fallback" },
  };
  const traced = {
    ...telemetry(),
    tracing: [{ mode: "CLIENT" as const, provider: "otel", samplingPerMillion: 1_000_000, customTags }],
  };
  const settings = tracingSettings([traced], "CLIENT", [provider]);
  if (settings === undefined) throw new Error("no tracing");
  const answer = (status: number): object => ({
    match: { prefix: `/${String(status).charAt(0)}` },
    direct_response: { status },
    decorator: { operation: `orders.shop:80/${String(status).charAt(0)}*` },
  });
  const manager = {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "test",
    access_log: logs.map((log) => asJson(AccessLogSchema, log)),
    tracing: asJson(HttpConnectionManager_TracingSchema, tracingOf(settings, "cart.shop")),
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [200, 404, 503].map(answer) }] },
    http_filters: [{ name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } }],
  };
  const name = "outbound|4317||collector.test";
  return {
    node: { id: "test", cluster: "test" },
    static_resources: {
      listeners: [
        {
          name: "test",
          address: address(PORT),
          traffic_direction: "OUTBOUND",
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name,
          load_assignment: {
            cluster_name: name,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": type("upstreams.http.v3.HttpProtocolOptions"),
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        },
      ],
    },
  };
}
