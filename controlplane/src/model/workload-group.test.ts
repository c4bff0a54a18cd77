import { expect, test } from "vitest";
import { proxySettings } from "./proxy-config.ts";
import { admitTexts, decodeSpecText, objectText, shortDiagnostic } from "./testing/decode-text.ts";

const entry = (spec: string, annotation = "vms"): string =>
  objectText("WorkloadEntry", `address: 127.0.0.1\n${spec}`, "vm-1").replace(
    "namespace: shop",
    `namespace: shop, annotations: { istio.io/autoRegistrationGroup: ${annotation} }`,
  );

const GROUP = objectText(
  "WorkloadGroup",
  `metadata: { labels: { app: a, tier: back } }
template: { labels: { tier: front }, ports: { http: 8080, admin: 9 }, serviceAccount: sa, locality: eu/west, weight: 5, network: far }`,
  "vms",
);

test("a WorkloadEntry has what its group says, and wins where it says something itself", () => {
  const { mesh, diagnostics } = admitTexts({
    "m.yaml": [GROUP, entry("ports: { http: 8081 }\nlabels: { app: b }")].join("---\n"),
  });
  expect(diagnostics.map(shortDiagnostic)).toEqual([]);
  expect(mesh.workloads).toMatchObject([
    {
      labels: { app: "b", tier: "front", "topology.istio.io/network": "far" },
      ports: { http: 8081, admin: 9 },
      serviceAccount: "sa",
      locality: "eu/west",
      weight: 5,
    },
  ]);
  expect(mesh.proxies.map(({ inbound }) => inbound.map(({ appPort }) => appPort))).toEqual([[9, 8081]]);
});

test("a group that is not there is warned of, and harms nothing", () => {
  const { mesh, diagnostics } = admitTexts({ "m.yaml": [GROUP, entry("ports: { http: 1 }", "vmz")].join("---\n") });
  expect(diagnostics.map(shortDiagnostic)).toEqual([
    expect.stringMatching(/IST0101 warning there is no WorkloadGroup vmz .*allowed: vms \| fix: did you mean "vms"\?/),
  ]);
  expect(mesh.workloads[0]?.labels).toEqual({});
});

test.each([
  [
    "a probe is told to do nothing",
    "template: {}\nprobe: { httpGet: { port: 80, path: /health } }",
    /SLU0003 warning spec\.probe has no effect/,
  ],
  [
    "a probe in two ways",
    "template: {}\nprobe: { exec: { command: [a] }, tcpSocket: { port: 80 } }",
    /exclude each other/,
  ],
  ["a probe in no way", "template: {}\nprobe: { periodSeconds: 3 }", /says no way to ask/],
  ["no template", "metadata: {}", /template is required/],
  ["a template with an address", "template: { address: 1.2.3.4 }", /address cannot be given/],
])("%s", (_, spec, expected) => {
  expect(decodeSpecText("WorkloadGroup", spec).problems.join("\n")).toMatch(expected);
});

test("ProxyConfigs of the mesh, the root namespace, the namespace and the workload, field by field", () => {
  const config = (name: string, namespace: string, spec: string): string =>
    objectText("ProxyConfig", spec, name, namespace);
  const { mesh, diagnostics } = admitTexts({
    "mesh.yaml": "defaultConfig: { concurrency: 9, proxyMetadata: { A: mesh, D: mesh } }",
    "m.yaml": [
      objectText("WorkloadEntry", "address: 127.0.0.1\nlabels: { app: a }", "a"),
      objectText("WorkloadEntry", "address: 127.0.0.2\nlabels: { app: b }", "b"),
      config("all", "istio-system", "concurrency: 1\nenvironmentVariables: { A: all, B: all, C: all }"),
      config("here", "shop", "concurrency: 2\nenvironmentVariables: { B: here, C: here }"),
      config("one", "shop", "selector: { matchLabels: { app: a } }\nenvironmentVariables: { C: one }"),
    ].join("---\n"),
  });
  expect(diagnostics).toEqual([]);
  expect(mesh.workloads.map((workload) => proxySettings(mesh, workload))).toEqual([
    { concurrency: 2, environment: { A: "all", B: "here", C: "one", D: "mesh" } },
    { concurrency: 2, environment: { A: "all", B: "here", C: "here", D: "mesh" } },
  ]);
});

test.each([
  ["an image is told to do nothing", "image: { imageType: distroless }", /SLU0003 warning spec\.image has no effect/],
  ["an image that is none", "image: { imageType: tiny }", /unknown value "tiny"/],
  ["a variable's name", "environmentVariables: { a-b: c }", /"a-b" is not a name of an environment variable/],
])("%s", (_, spec, expected) => {
  expect(decodeSpecText("ProxyConfig", spec).problems.join("\n")).toMatch(expected);
});
