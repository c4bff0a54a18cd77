import { describe, expect, test } from "vitest";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { Telemetry } from "../model/types.ts";
import type { TelemetryProvider } from "../model/telemetry-types.ts";
import { translate } from "./index.ts";
import { asJson, resourceJson } from "./json-fixture.ts";
import {
  gateway,
  gatewayProxy,
  mesh,
  ref,
  routeTo,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";
import { tcpTelemetryCompiler, tcpTelemetryFilter } from "./tcp-telemetry.ts";
import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";

const digest = { sha256: "a".repeat(64) };
const modules = { policies: digest, authorization: digest };
const grpcPort = { number: 4317, name: "grpc", protocol: "GRPC" } as const;
const tcpPort = { number: 5432, name: "tcp", protocol: "TCP" } as const;
const als = { host: "otel.test", port: 4317, logName: "l", filterState: [] };
const httpAls = { requestHeaders: [], responseHeaders: [], responseTrailers: [] };
/** All kinds that take logs, and tracers that are there, are nowhere, or speak another protocol. */
const providers: readonly TelemetryProvider[] = [
  { kind: "http-als", name: "http", ...als, ...httpAls },
  { kind: "tcp-als", name: "tcp", ...als },
  { kind: "otel-log", name: "log", host: "otel.test", port: 4317, logName: "l", text: "", attributes: {} },
  { kind: "datadog", name: "nowhere", host: "nowhere.test", port: 80 },
  { kind: "skywalking", name: "by-http", host: "a.com", port: 80 },
];
const otel: TelemetryProvider = { kind: "otel-trace", name: "otel", host: "otel.test", port: 4317 };

function telemetry(fields: Partial<Telemetry>): Telemetry {
  return { ref: ref("Telemetry", "t", "istio-system"), labels: {}, selector: {}, overrides: [], ...fields };
}

/** The resources of a sidecar and a gateway, as JSON in one text each, by kind and name. */
function made(...telemetries: readonly Telemetry[]): ReadonlyMap<string, string> {
  const tcp = [{ host: "db.test", port: 5432, listenPort: 15_432 }];
  const proxies = [{ ...sidecar(workload("client")), tcp }, gatewayProxy([gateway("g")])];
  const services = [
    service("a.com"),
    service("otel.test", { ports: [grpcPort] }),
    service("db.test", { ports: [tcpPort] }),
  ];
  const virtualServices = [virtualService(["a.com"], [routeTo("a.com")])];
  const all = translate(
    mesh({
      services,
      virtualServices,
      proxies,
      telemetries,
      config: { ...EMPTY_MESH.config, telemetryProviders: [otel, ...providers] },
    }),
    {
      modules,
    },
  );
  return new Map(
    all.flatMap(({ proxy, resources }) =>
      resources.map((one) => [`${proxy} ${one.kind} ${one.name}`, JSON.stringify(resourceJson(one))] as const),
    ),
  );
}

const having = (resources: ReadonlyMap<string, string>, text: string): readonly string[] =>
  [...resources].filter(([, json]) => json.includes(text)).map(([name]) => name.replace(/^\S+ /, ""));

describe("what listeners log and trace", () => {
  test("nothing without a Telemetry", () => {
    const resources = made();
    for (const text of ["access_log", "tracing", "decorator"]) expect(having(resources, text)).toEqual([]);
  });

  test("an access log of one side is in the listeners of that side", () => {
    const listeners = having(made(telemetry({ accessLogging: [{ mode: "SERVER" }] })), "/dev/stdout");
    expect(listeners).toEqual([expect.stringMatching(/^listener inbound\|/)]);
  });

  test.each([
    ["http", "http_grpc", ["listener outbound"]],
    ["tcp", "tcp_grpc", ["listener outbound|5432||db.test"]],
    ["log", "open_telemetry", ["listener outbound", "listener outbound|5432||db.test"]],
    ["envoy", "file", ["listener outbound", "listener outbound|5432||db.test"]],
  ])("the log %s is written where its kind has something to say", (name, logger, expected) => {
    const resources = made(telemetry({ accessLogging: [{ mode: "CLIENT", providers: [name] }] }));
    const own = having(resources, `"name":"envoy.access_loggers.${logger}"`).filter((one) => one.includes("outbound"));
    expect(own).toEqual(expected);
  });

  test.each(["nowhere", "by-http"])("a tracer that cannot be reached is none: %s", (provider) => {
    expect(having(made(telemetry({ tracing: [{ mode: "CLIENT", provider }] })), "envoy.tracers")).toEqual([]);
  });

  test("ids of requests do not decide about tracing where a Telemetry says so", () => {
    const tracing = [{ mode: "CLIENT" as const, provider: "otel", useRequestIdForTraceSampling: false }];
    expect(having(made(telemetry({ tracing })), '"use_request_id_for_trace_sampling":false')).toContain(
      "listener outbound",
    );
  });

  test("traced requests have Istio's names of operations", () => {
    const resources = made(telemetry({ tracing: [{ mode: "CLIENT", provider: "otel", samplingPerMillion: 50_000 }] }));
    expect(having(resources, "envoy.tracers.opentelemetry").every((name) => !name.includes("inbound"))).toBe(true);
    expect(having(resources, '"random_sampling":{"value":5}')).toContain("listener outbound");
    expect(having(resources, '"decorator":{"operation":"a.com:80/*"}')).toContain("route outbound");
    expect(having(resources, '"service_name":"client.default"')).toContain("listener outbound");
  });
});

describe("connections that are not HTTP", () => {
  const client = workload("client");
  const compile = (...telemetries: readonly Telemetry[]) => tcpTelemetryCompiler(mesh({ telemetries }), digest);

  test("the filter waits for the resource of its name", () => {
    const filter = asJson(FilterSchema, tcpTelemetryFilter("inbound"));
    const resource = compile()(client, "inbound");
    expect(filter).toMatchObject({ name: resource.name, config_discovery: { config_source: { ads: {} } } });
    expect(resourceJson(resource)).toMatchObject({
      name: "sluice.tcp.inbound",
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm" },
    });
  });

  test("workloads with the same Telemetries share it; without metrics it has no program", () => {
    const of = compile();
    expect(of(client, "outbound")).toBe(of(workload("other"), "outbound"));
    const off = telemetry({ overrides: [{ metric: "ALL_METRICS", mode: "CLIENT", disabled: true, tags: {} }] });
    const [on, none] = [compile(), compile(off)].map((one) => JSON.stringify(resourceJson(one(client, "outbound"))));
    expect(on).toContain('"value":"U0xQUA');
    expect(none).not.toContain('"value":"U0xQUA');
  });
});
