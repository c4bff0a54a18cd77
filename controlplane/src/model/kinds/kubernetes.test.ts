import { expect, test } from "vitest";
import { formatDiagnostic } from "../format-diagnostic.ts";
import { admitTexts } from "../testing/decode-text.ts";

const service = `apiVersion: v1
kind: Service
metadata: { name: reviews, namespace: shop }
spec:
  clusterIP: None
  selector: { app: reviews }
  ports:
  - { name: http, port: 80, targetPort: web }
  - { name: admin, port: 81, appProtocol: kubernetes.io/h2c, targetPort: 9081 }
  - { name: db, port: 5432 }
`;
const workload = `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: reviews-v1, namespace: shop }
spec: { address: 127.0.0.1, ports: { web: 9080 }, labels: { app: reviews } }
`;
const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: reviews-x, namespace: shop, labels: { kubernetes.io/service-name: reviews } }
addressType: IPv4
ports: [{ name: http, port: 8080, protocol: TCP }]
endpoints:
- { addresses: [127.0.0.9], conditions: { ready: true } }
- { addresses: [127.0.0.8], conditions: { ready: false } }
`;

test("a Kubernetes Service is a service with the workloads and the ready endpoints of its slices", () => {
  const { mesh, diagnostics } = admitTexts({ "k8s.yaml": [service, workload, slice].join("---\n") });
  expect(diagnostics).toEqual([]);
  expect(mesh.services).toMatchObject([
    {
      host: "reviews.shop.svc.cluster.local",
      ports: [
        { number: 80, name: "http", protocol: "HTTP" },
        { number: 81, name: "admin", protocol: "HTTP2" },
        { number: 5432, name: "db", protocol: "TCP" },
      ],
      endpoints: [
        { address: "127.0.0.9", ports: { http: 8080, admin: 9081, db: 5432 } },
        { address: "127.0.0.1", ports: { http: 9080 }, workload: { name: "reviews-v1" } },
      ],
    },
  ]);
});

test.each([
  ["in the region of the workloads in that zone", "zone: a", ["eu/a/1"], "eu/a"],
  ["of no region, where workloads have it in two", "zone: a", ["eu/a", "us/a"], "/a"],
  ["of no region, where no workload is in it", "zone: b", ["eu/a"], "/b"],
  [
    "with the region that an old slice tells",
    "deprecatedTopology: { topology.kubernetes.io/region: us }, zone: a",
    ["eu/a"],
    "us/a",
  ],
  ["that is not said", "nodeName: n, hints: { forZones: [{ name: a }] }", ["eu/a"], undefined],
])("an endpoint's zone: %s", (_, said, places, expected) => {
  const at = (place: string, index: number): string =>
    workload
      .replace("reviews-v1", `w${index}`)
      .replace("127.0.0.1", `127.0.1.${index + 1}`)
      .replace("spec: {", `spec: { locality: ${place},`);
  const text = slice.replace("[127.0.0.9],", `[127.0.0.9], ${said},`);
  const { mesh, diagnostics } = admitTexts({ "k8s.yaml": [service, text, ...places.map(at)].join("---\n") });
  expect(diagnostics).toEqual([]);
  expect(mesh.services[0]?.endpoints[0]?.locality).toBe(expected);
});

test("a port for UDP is left out, with a warning at its place", () => {
  const dns = service.replace("{ name: db, port: 5432 }", "{ name: dns, port: 53, protocol: UDP }");
  const { mesh, diagnostics } = admitTexts({ "k8s.yaml": dns });
  expect(mesh.services[0]?.ports.map(({ name }) => name)).toEqual(["http", "admin"]);
  expect(diagnostics).toMatchObject([{ severity: "warning", code: "SLU0003", position: { line: 10, column: 38 } }]);
});

test("a Service has its cluster's addresses, and endpoints that are not ready where it says so", () => {
  const text = service.replace(
    "clusterIP: None",
    "clusterIPs: [10.0.0.7, 'fd00::7']\n  publishNotReadyAddresses: true",
  );
  const { mesh } = admitTexts({ "k8s.yaml": [text, slice].join("---\n") });
  expect(mesh.services).toMatchObject([
    { addresses: ["10.0.0.7", "fd00::7"], endpoints: [{ address: "127.0.0.9" }, { address: "127.0.0.8" }] },
  ]);
});

test("a Service that is exported to nobody", () => {
  const text = service.replace(
    "namespace: shop }",
    'namespace: shop, annotations: { networking.istio.io/exportTo: "~" } }',
  );
  expect(admitTexts({ "k8s.yaml": text }).mesh.services).toMatchObject([{ exportTo: [] }]);
});

test("a slice of names has no endpoints, with a warning", () => {
  const names = slice.replace("IPv4", "FQDN");
  const { mesh, diagnostics } = admitTexts({ "k8s.yaml": [service, names].join("---\n") });
  expect(mesh.services).toMatchObject([{ endpoints: [] }]);
  expect(diagnostics).toMatchObject([{ severity: "warning", code: "SLU0003", field: "addressType" }]);
});

test("a Service by another name is resolved", () => {
  const external = `apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { type: ExternalName, externalName: db.example.com, ports: [{ port: 80, name: http }] }
`;
  expect(admitTexts({ "k8s.yaml": external }).mesh.services).toMatchObject([
    { host: "db.shop.svc.cluster.local", resolution: "DNS", endpoints: [{ address: "db.example.com" }] },
  ]);
});

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
function secret(fields: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: c, namespace: shop }\n${fields}\n`;
}

test("a Secret's certificates, by the names of Kubernetes and of Istio", () => {
  const data = `type: kubernetes.io/tls\ndata: { tls.crt: ${btoa(pem)}, tls.key: ${btoa(pem)}, ca.crt: ${btoa(pem)} }`;
  expect(admitTexts({ "s.yaml": secret(data) }).mesh.secrets).toMatchObject([
    { certificate: pem, privateKey: pem, authorities: pem },
  ]);
  const generic = `stringData: { cert: ${JSON.stringify(pem)}, key: ${JSON.stringify(pem)}, password: hunter2 }`;
  expect(admitTexts({ "s.yaml": secret(generic) }).mesh.secrets).toMatchObject([{ certificate: pem }]);
});

test.each([
  ["what is no base64", "data: { tls.crt: a, tls.key: '%hunter2%' }", 'data["tls.key"] is not PEM in base64'],
  ["what is no PEM", "stringData: { tls.crt: hunter2, tls.key: hunter2 }", 'stringData["tls.crt"] is not PEM'],
  ["half a pair", `data: { tls.key: ${btoa(pem)} }`, "data has a key without its certificate"],
])("a Secret refuses %s, and says nothing of it", (_, fields, expected) => {
  const { diagnostics } = admitTexts({ "s.yaml": secret(fields) });
  expect(diagnostics.map(({ message }) => message)).toContain(expected);
  expect(JSON.stringify(diagnostics)).not.toMatch(/hunter2|MIIB/);
  for (const one of diagnostics) expect(formatDiagnostic(one, secret(fields))).not.toMatch(/hunter2|MIIB|LS0t/);
});
