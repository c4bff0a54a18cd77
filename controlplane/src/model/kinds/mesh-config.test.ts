import { expect, test } from "vitest";
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
    "enableTracing: true",
    /^mesh.yaml:1:16: warning SLU0003 .*enableTracing is not supported yet/,
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
    "a mode for later",
    "outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS }",
    /SLU0004 .*ALLOW_ANY_DYNAMIC_DNS is not supported yet/,
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
