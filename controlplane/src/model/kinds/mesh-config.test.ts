import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../format-diagnostic.ts";
import { admitTexts } from "../testing/decode-text.ts";
import { DEFAULT_CONFIG } from "../empty-mesh.ts";

const read = (text: string, path = "mesh.yaml"): ReturnType<typeof admitTexts> => admitTexts({ [path]: text });
const lines = ({ diagnostics }: ReturnType<typeof admitTexts>): string[] =>
  diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).split("\n")[0] ?? "");

test("without a file all is default", () => {
  expect(read("", "x.yaml").mesh.config).toBe(DEFAULT_CONFIG);
});

test("all fields that count", () => {
  const { mesh, diagnostics, objects } = read(`
accessLogFile: /dev/stdout
accessLogEncoding: JSON
accessLogFormat: '{ "at": "%START_TIME%" }'
defaultHttpRetryPolicy: { attempts: 3, retryOn: "503" }
trustDomain: example.org
rootNamespace: policies
outboundTrafficPolicy: { mode: ALLOW_ANY }
pathNormalization: { normalization: MERGE_SLASHES }
`);
  expect(diagnostics).toEqual([]);
  expect(objects).toMatchObject([
    { ref: { kind: "MeshConfig", namespace: "istio-system", name: "mesh" }, state: "applied" },
  ]);
  expect(mesh.config).toMatchObject({
    accessLog: { path: "/dev/stdout", format: { json: { at: "%START_TIME%" } } },
    defaultRetries: { attempts: 3, retryOn: "503" },
    trustDomain: "example.org",
    rootNamespace: "policies",
    outboundTraffic: "ALLOW_ANY",
    pathNormalization: "MERGE_SLASHES",
  });
});

test("what holds where nobody says otherwise", () => {
  const { mesh, diagnostics } = read(`
connectTimeout: 3s
tcpKeepalive: { time: 60s, probes: 3 }
h2UpgradePolicy: UPGRADE
defaultTrafficPolicy: { connectionPool: { tcp: { maxConnections: 5, connectTimeout: 1s } }, outlierDetection: { interval: 5s } }
localityLbSetting: { failover: [{ from: here, to: there }] }
dnsRefreshRate: 5s
defaultServiceExportTo: [.]
defaultVirtualServiceExportTo: ["*"]
defaultDestinationRuleExportTo: [shop, "~"]
defaultProviders: { accessLogging: [envoy], tracing: [spans], metrics: [prometheus] }
defaultConfig: { tracing: { sampling: 12.5 }, gatewayTopology: { numTrustedProxies: 2, forwardClientCertDetails: APPEND_FORWARD, proxyProtocol: {} }, concurrency: 2, proxyMetadata: { A: b } }
outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS, tls: { mode: SIMPLE, insecureSkipVerify: true } }
inboundClusterStatName: in
outboundClusterStatName: ""
`);
  // The collector of `spans` is nowhere declared.
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["IST0157", 'the mesh has no provider "spans" of traces, so it has no effect'],
  ]);
  expect(mesh.config).toMatchObject({
    // A block of defaultTrafficPolicy says more than the fields beside it.
    trafficDefaults: {
      connectionPool: {
        connectTimeoutMs: 1000,
        maxConnections: 5,
        tcpKeepalive: { timeSeconds: 60, probes: 3 },
        httpVersion: "upgrade",
      },
      outlierDetection: { intervalMs: 5000 },
    },
    locality: { enabled: true, failover: [{ from: "here", to: "there" }] },
    dnsRefreshRateMs: 5000,
    exportTo: { services: ["."], destinationRules: ["shop", "~"] },
    defaultProviders: { accessLogging: ["envoy"], tracing: ["spans"] },
    tracing: { samplingPerMillion: 125_000 },
    gatewayTopology: { trustedProxies: 2, forwardClientCert: "APPEND_FORWARD", proxyProtocol: true },
    proxySettings: { concurrency: 2, environment: { A: "b" } },
    outboundTraffic: "ALLOW_ANY",
    outboundTls: { mode: "SIMPLE", insecureSkipVerify: true },
    statNames: { inbound: "in" },
  });
});

test("a default for exportTo holds for the objects that have none of their own", () => {
  const entry = (name: string, more = ""): string =>
    `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: ${name}, namespace: shop }\nspec: { hosts: [${name}.com], resolution: DNS, ports: [{ number: 80, name: http }]${more} }\n`;
  const { mesh } = admitTexts({
    "mesh.yaml": "defaultServiceExportTo: [., ops]",
    "x.yaml": [entry("a"), entry("b", ', exportTo: ["*"]'), entry("c", ", exportTo: [other]")].join("---\n"),
  });
  expect(mesh.services.map(({ exportTo }) => exportTo)).toEqual([["shop", "ops"], undefined, ["other"]]);
});

test("one list of providers is for those who decide and for those who take logs and spans", () => {
  const { mesh, diagnostics } = read(`
trustDomain: shop.example
trustDomainAliases: [old.example]
extensionProviders:
- { name: opa, envoyExtAuthzHttp: { service: opa.example, port: 80 } }
- { name: spans, opentelemetry: { service: infra/spans.example, port: 4317 } }
`);
  expect(diagnostics).toEqual([]);
  expect(mesh.config).toMatchObject({
    authorization: {
      trustDomain: "shop.example",
      trustDomainAliases: ["old.example"],
      providers: [{ name: "opa", service: "opa.example", port: 80 }],
    },
    telemetryProviders: [{ name: "spans", kind: "otel-trace", host: "spans.example", port: 4317 }],
  });
});

test("what is wrong with a provider is said once", () => {
  const found = lines(read("extensionProviders: [{ name: a, envoyFileAccesLog: { path: /dev/stdout } }]"));
  expect(found).toEqual([expect.stringContaining("envoyFileAccesLog is not a field of ExtensionProvider")]);
});

test("the default format is Istio's, as text and as JSON", () => {
  const text = read("accessLogFile: /dev/stdout").mesh.config.accessLog?.format;
  expect(text).toMatchObject({
    text: expect.stringMatching(
      /^\[%START_TIME%\] "%REQ\(:METHOD\)% [^"]+" %RESPONSE_CODE% .* %ROUTE_NAME%\n$/,
    ) as string,
  });
  const json = read("accessLogFile: /dev/stdout\naccessLogEncoding: JSON").mesh.config.accessLog?.format;
  expect(json).toMatchObject({ json: { method: "%REQ(:METHOD)%", response_code: "%RESPONSE_CODE%" } });
});

test("a format of the user's own ends its line", () => {
  const { accessLog } = read("accessLogFile: /dev/stdout\naccessLogFormat: '%PROTOCOL%'").mesh.config;
  expect(accessLog?.format).toEqual({ text: "%PROTOCOL%\n" });
});

test("the empty outboundTrafficPolicy has protobuf's zero value", () => {
  expect(read("outboundTrafficPolicy: {}").mesh.config.outboundTraffic).toBe("REGISTRY_ONLY");
});

test.each<[name: string, text: string, problem: RegExp]>([
  [
    "a field without effect",
    "enableAutoMtls: true",
    /^mesh.yaml:1:17: warning SLU0003 .*enableAutoMtls has no effect: the mesh has no certificate authority/,
  ],
  [
    "a misspelled field",
    "trustDomain: a\nrootNamespaec: b",
    /^mesh.yaml:2:1: error IST0106 .*rootNamespaec is not a field of MeshConfig/,
  ],
  [
    "a format that is no JSON",
    "accessLogEncoding: JSON\naccessLogFormat: text",
    /^mesh.yaml:2:18: error IST0106 .*must be a JSON object of strings/,
  ],
  [
    "a proxy for hosts that may not be reached",
    "outboundTrafficPolicy: { egressProxy: { host: a.com } }",
    /IST0106 .*outboundTrafficPolicy.egressProxy has no effect when the mode is REGISTRY_ONLY/,
  ],
  [
    "TLS for hosts that are not resolved",
    "outboundTrafficPolicy: { mode: ALLOW_ANY, tls: { mode: SIMPLE } }",
    /IST0106 .*outboundTrafficPolicy.tls has no effect when the mode is ALLOW_ANY$/,
  ],
  [
    "a namespace that is none",
    'defaultServiceExportTo: ["A b"]',
    /IST0106 .*defaultServiceExportTo\[0\]: "A b" is not a namespace/,
  ],
  [
    "a field of defaultConfig without effect",
    "defaultConfig:\n  drainDuration: 2s",
    /^mesh.yaml:2:18: warning SLU0003 .*defaultConfig.drainDuration has no effect: whoever starts the Envoy/,
  ],
  [
    "a variable that is none",
    "defaultConfig: { proxyMetadata: { a-b: c } }",
    /IST0106 .*"a-b" is not a name of an environment variable/,
  ],
  [
    "a way to forward certificates that is none",
    "defaultConfig: { gatewayTopology: { forwardClientCertDetails: KEEP } }",
    /IST0106 .*unknown value "KEEP"/,
  ],
  [
    "a sampling beyond all",
    "defaultConfig: { tracing: { sampling: 101 } }",
    /IST0106 .*defaultConfig.tracing.sampling is 101, which is out of range/,
  ],
])("a MeshConfig reports %s", (_, text, problem) => {
  expect(lines(read(text))[0]).toMatch(problem);
});

test("an error keeps the version before", () => {
  const before = read("rootNamespace: policies");
  const after = admitTexts({ "mesh.yaml": "rootNamespace: policies\ntrustDomain: []" }, before.lastGood);
  expect(after.mesh.config.rootNamespace).toBe("policies");
});

test("a second file is told apart by place", () => {
  const admission = admitTexts({ "a/mesh.yaml": "trustDomain: a", "b/mesh.yaml": "trustDomain: b" });
  expect(admission.mesh.config.trustDomain).toBe("a");
  expect(lines(admission)[0]).toMatch(/^b\/mesh.yaml:1:1: error SLU0005/);
});

test("Kubernetes objects may stand in a file of that name", () => {
  const { objects } = read(
    "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: { name: a }\nspec: { address: 127.0.0.1 }",
  );
  expect(objects.map(({ ref }) => ref.kind)).toEqual(["WorkloadEntry"]);
});

describe("tracing of the mesh's own", () => {
  const tracer =
    "defaultConfig: { tracing: { sampling: 2, zipkin: { address: zipkin.test:9411 }, customTags: { a: { literal: { value: b } } } } }";
  const said = { samplingPerMillion: 20_000, customTags: { a: { literal: "b" } } };
  test.each([
    [
      "its tracer is on",
      `enableTracing: true\n${tracer}`,
      { ...said, provider: { kind: "zipkin", host: "zipkin.test", port: 9411 } },
    ],
    ["its tracer is off", tracer, said],
    ["nothing is said", "enableTracing: true", undefined],
  ])("%s", (_, text, expected) => {
    const {
      mesh: { config },
      diagnostics,
    } = read(text);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    if (expected === undefined) expect(config.tracing).toBeUndefined();
    else expect(config.tracing).toMatchObject(expected);
  });

  test("an address that is none", () => {
    expect(lines(read("defaultConfig: { tracing: { datadog: { address: here } } }"))[0]).toMatch(
      /IST0106 .*datadog.address is "here", which is not an address/,
    );
  });
});
