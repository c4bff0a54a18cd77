import { expect, test } from "vitest";
import { admitTexts, objectText, shortDiagnostic } from "./testing/decode-text.ts";

const service = objectText(
  "ServiceEntry",
  "hosts: [a.test]\nports: [{ number: 80, name: http, protocol: HTTP }]\nresolution: STATIC\nendpoints: [{ address: 127.0.0.1 }]",
  "a",
);
const workload = objectText(
  "WorkloadEntry",
  "address: 127.0.0.1\nlabels: { app: x }\nserviceAccount: bee\nports: { http: 1 }",
);
const edge = objectText("WorkloadEntry", "address: 127.0.0.1\nlabels: { app: edge }", "edge");
const gateway = objectText(
  "Gateway",
  "selector: { app: edge }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]",
  "g",
);

function secret(name: string): string {
  const pem = (what: string): string => `"-----BEGIN ${what}-----\\n"`;
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: shop }\nstringData: { cert-chain.pem: ${pem("CERTIFICATE")}, key.pem: ${pem("KEY")}, root-cert.pem: ${pem("CERTIFICATE")} }\n`;
}

function problems(rule: string, ...secrets: readonly string[]): string[] {
  const texts = [service, workload, edge, gateway, objectText("DestinationRule", rule, "r"), ...secrets.map(secret)];
  const { diagnostics } = admitTexts({ "x.yaml": texts.join("---\n") });
  return diagnostics.filter(({ code }) => code === "IST0101").map((one) => shortDiagnostic(one).replace(/^\S+ /, ""));
}

test.each<[name: string, rule: string, secrets: string[], expected: string[]]>([
  ["a Secret by name that is there", "tls: { mode: SIMPLE, credentialName: c }", ["c"], []],
  [
    "a Secret by name that is nowhere",
    "tls: { mode: MUTUAL, credentialName: cc }",
    ["c"],
    [
      "IST0101 warning the namespace shop of edge has no Secret cc with what is needed, so connections to a.test fail | allowed: c | fix: add a Secret cc with tls.crt and tls.key",
    ],
  ],
  ["the certificates of all workloads", "tls: { mode: ISTIO_MUTUAL }", ["istio.bee", "istio.default"], []],
  [
    "a workload without a certificate of its own",
    "portLevelSettings: [{ port: { number: 80 }, tls: { mode: ISTIO_MUTUAL } }]",
    ["istio.default"],
    [
      "IST0101 warning the namespace shop of x has no Secret istio.bee with what is needed, so connections to a.test fail | allowed: istio.default | fix: add a Secret istio.bee with cert-chain.pem, key.pem and root-cert.pem, or write mode: MUTUAL",
    ],
  ],
])("TLS to a destination by %s", (_, policy, secrets, expected) => {
  expect(problems(`host: a.test\ntrafficPolicy: { ${policy} }`, ...secrets)).toEqual(expected);
});

test.each([
  ["the mesh's own certificates", "ISTIO_MUTUAL", ["istio.bee"], []],
  [
    "a workload without one",
    "ISTIO_MUTUAL",
    [],
    [
      "IST0101 warning the namespace shop of x has no Secret istio.bee with what is needed, so connections to hosts that nobody declared fail | allowed: none is declared | fix: add a Secret istio.bee with cert-chain.pem, key.pem and root-cert.pem, or write mode: MUTUAL",
    ],
  ],
])("TLS to hosts that nobody declared by %s", (_, mode, secrets, expected) => {
  const { diagnostics } = admitTexts({
    "mesh.yaml": `outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS, tls: { mode: ${mode} } }`,
    "x.yaml": [workload, ...secrets.map(secret)].join("---\n"),
  });
  expect(diagnostics.map((one) => shortDiagnostic(one).replace(/^\S+ /, ""))).toEqual(expected);
});

test("a whole domain cannot be had by plain TCP", () => {
  const wild = objectText(
    "ServiceEntry",
    'hosts: ["*.test"]\nports: [{ number: 80, name: http, protocol: HTTP }, { number: 81, name: db, protocol: TCP }]\nresolution: NONE',
  );
  const { diagnostics } = admitTexts({ "x.yaml": wild });
  expect(diagnostics.map(shortDiagnostic).filter((line) => line.includes("SLU0011"))).toEqual([
    "6:79 SLU0011 warning connections to the port db of *.test fail, as nothing in plain TCP says which host they are for | allowed: HTTP, HTTP2, GRPC, TLS, HTTPS | fix: write protocol: TLS, or declare each host by itself",
  ]);
});
