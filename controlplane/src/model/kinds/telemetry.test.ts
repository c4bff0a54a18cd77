import { describe, expect, test } from "vitest";
import { parseFiles } from "../../config/index.ts";
import type { Context } from "../decode/context.ts";
import { decodeGood, decodeSpecText, shortDiagnostic } from "../testing/decode-text.ts";
import { telemetryProviders } from "./telemetry-provider.ts";

describe("a Telemetry", () => {
  test("all of its parts", () => {
    const spec = `
metrics:
- providers: [{ name: prometheus }]
  reportingInterval: 10s
  overrides:
  - match: { customMetric: istio_request_bytes, mode: CLIENT }
    disabled: true
  - match: { metric: TCP_SENT_BYTES }
    tagOverrides: { zone: { value: "node.metadata['ZONE']" } }
accessLogging:
- match: { mode: SERVER }
  providers: [{ name: envoy }]
  filter: { expression: "response.code >= 400" }
tracing:
- providers: [{ name: otel }]
  randomSamplingPercentage: 12.5
  customTags: { team: { literal: { value: shop } }, user: { header: { name: X-User, defaultValue: none } } }`;
    expect(decodeGood("Telemetry", spec)).toMatchObject({
      reportingIntervalMs: 10_000,
      overrides: [
        { metric: "REQUEST_SIZE", mode: "CLIENT", disabled: true },
        {
          metric: "TCP_SENT_BYTES",
          mode: "CLIENT_AND_SERVER",
          tags: { zone: { operation: "UPSERT", value: { nodeMetadata: "ZONE" } } },
        },
      ],
      accessLogging: [{ mode: "SERVER", providers: ["envoy"], filter: { code: { at: "least", value: 400 } } }],
      tracing: [
        {
          mode: "CLIENT_AND_SERVER",
          provider: "otel",
          samplingPerMillion: 125_000,
          customTags: { team: { literal: "shop" }, user: { header: "x-user", defaultValue: "none" } },
        },
      ],
    });
  });

  test.each<[name: string, spec: string, problem: RegExp]>([
    [
      "a label of what cannot be compiled",
      "metrics: [{ overrides: [{ tagOverrides: { a: { value: \"request.path.matches('x+')\" } } }] }]",
      /^5:\d+ IST0106 .*: at character 22, the pattern cannot be compiled: what "\+" stands for is too much \| allowed: .* \| fix: use startsWith/,
    ],
    [
      "a metric that there is not",
      "metrics: [{ overrides: [{ match: { customMetric: request_total } }] }]",
      /there is no such metric \| allowed: requests_total.* \| fix: did you mean "requests_total"/,
    ],
    [
      "two names of one metric",
      "metrics: [{ overrides: [{ match: { metric: REQUEST_COUNT, customMetric: requests_total } }] }]",
      /has both metric and customMetric/,
    ],
    [
      "a condition that Envoy would refuse",
      'accessLogging: [{ filter: { expression: "status == 200" } }]',
      /at character 1, status is not an attribute \| allowed: request, response/,
    ],
    [
      "two kinds of a tag",
      "tracing: [{ customTags: { a: { literal: { value: a }, header: { name: b } } } }]",
      /exactly one of/,
    ],
    ["more than all", "tracing: [{ randomSamplingPercentage: 101 }]", /out of range/],
    ["a provider of metrics that there is not", "metrics: [{ providers: [{ name: stackdriver }] }]", /SLU0004/],
  ])("refuses %s", (_, spec, problem) => {
    expect(decodeSpecText("Telemetry", spec).problems[0]).toMatch(problem);
  });
});

describe("providers", () => {
  function decode(text: string) {
    const [document] = parseFiles([{ path: "mesh.yaml", text }]);
    if (document?.root === undefined) throw new Error("the text of a test has no document");
    const context: Context = {
      ref: { kind: "MeshConfig", namespace: "istio-system", name: "mesh", position: document.locate(0) },
      locate: document.locate,
      diagnostics: [],
      references: [],
    };
    const providers = telemetryProviders(document.root, "extensionProviders", context);
    return { providers, problems: context.diagnostics.map(shortDiagnostic) };
  }

  test("logs in files and traces are kept, those of others are not telemetry's", () => {
    const text = `
- name: otel
  opentelemetry: { service: observability/otel.observability.svc.cluster.local, port: 4317 }
- name: audit
  envoyFileAccessLog: { path: /dev/stderr, logFormat: { labels: { code: "%RESPONSE_CODE%" } } }
- name: opa
  envoyExtAuthzGrpc: { service: opa.test, port: 9000 }
- name: prometheus
  prometheus: {}`;
    expect(decode(text)).toEqual({
      providers: [
        { kind: "otel-trace", name: "otel", host: "otel.observability.svc.cluster.local", port: 4317 },
        { kind: "file", name: "audit", path: "/dev/stderr", format: { json: { code: "%RESPONSE_CODE%" } } },
      ],
      problems: [],
    });
  });

  const at = { host: "c.d", port: 1 };
  test.each<[text: string, provider: object]>([
    [
      "envoyFileAccessLog: { omitEmptyValues: true, logFormat: { labels: { a: { b: [1, '%PATH%'] } } } }",
      { kind: "file", path: "/dev/stdout", format: { json: { a: { b: [1, "%PATH%"] } } }, omitsEmpty: true },
    ],
    [
      "envoyHttpAls: { service: c.d, port: 1, logName: n, additionalRequestHeadersToLog: [X-A] }",
      { kind: "http-als", ...at, logName: "n", requestHeaders: ["x-a"], responseHeaders: [], responseTrailers: [] },
    ],
    [
      "envoyTcpAls: { service: c.d, port: 1, filterStateObjectsToLog: [s] }",
      { kind: "tcp-als", ...at, logName: "tcp_envoy_accesslog", filterState: ["s"] },
    ],
    [
      "envoyOtelAls: { service: c.d, port: 1, logFormat: { text: t, labels: { a: b } } }",
      { kind: "otel-log", ...at, logName: "otel_envoy_accesslog", text: "t", attributes: { a: "b" } },
    ],
    [
      "zipkin: { service: c.d, port: 1, maxTagLength: 5, enable64bitTraceId: true, traceContextOption: USE_B3_WITH_W3C_PROPAGATION, timeout: 1s }",
      {
        ...at,
        kind: "zipkin",
        maxTagLength: 5,
        shortIds: true,
        w3c: true,
        http: { path: "/api/v2/spans", timeoutMs: 1000 },
      },
    ],
    ["datadog: { service: c.d, port: 1 }", { kind: "datadog", ...at }],
    ["skywalking: { service: c.d, port: 1, accessToken: t }", { kind: "skywalking", ...at, token: "t" }],
    [
      "opentelemetry: { service: c.d, port: 1, http: { path: v1/traces, headers: [{ name: a, value: 5% }] }, resourceDetectors: { dynatrace: {} }, dynatraceSampler: { tenant: t, clusterId: -7 } }",
      {
        kind: "otel-trace",
        http: { path: "/v1/traces", headers: { a: "5%%" } },
        detectors: ["dynatrace"],
        sampler: {
          tenant: "t",
          clusterId: -7,
          service: { ...at, path: "/api/v2/samplingConfiguration", headers: { a: "5%%" } },
        },
      },
    ],
    [
      "opentelemetry: { service: c.d, port: 1, grpc: { timeout: 2s, initialMetadata: [{ name: a, value: b }] } }",
      { kind: "otel-trace", grpc: { timeoutMs: 2000, metadata: { a: "b" } } },
    ],
  ])("%s", (text, provider) => {
    const { providers, problems } = decode(`- { name: p, ${text} }`);
    expect(problems).toEqual([]);
    expect(providers).toMatchObject([{ name: "p", ...provider }]);
  });

  test.each([
    ["- { name: z, opentelemetry: { service: a.b } }", /port is required/],
    ["- { name: z, opentelemetry: { service: a.b, port: 1, http: { path: / }, grpc: {} } }", /has both http and grpc/],
    [
      "- { name: z, opentelemetry: { service: a.b, port: 1, dynatraceSampler: { tenant: t, clusterId: 1 } } }",
      /dynatraceSampler has no httpService, and spans do not go by HTTP \| fix: add httpService/,
    ],
    [
      "- { name: z, opentelemetry: { service: a.b, port: 1, grpc: { initialMetadata: [{ name: a, value: 5% }] } } }",
      /initialMetadata\[0\].value is "5%", and Envoy cannot send a "%" by gRPC/,
    ],
    [
      "- { name: z, zipkin: { service: a.b, port: 1, headers: [{ name: a, envName: B }] } }",
      /headers\[0\].envName is not supported yet/,
    ],
    [
      "- { name: z, lightstep: { service: a.b, port: 1 } }",
      /SLU0003 warning .*lightstep has no effect: Envoy has no such/,
    ],
  ])("%s is told", (text, problem) => {
    expect(decode(text).problems.join("\n")).toMatch(problem);
  });
});
