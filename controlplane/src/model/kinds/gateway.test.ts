import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

test("a Gateway's hosts say whose VirtualServices may bind", () => {
  const spec = `
selector: { istio: ingressgateway }
servers:
- port: { number: 8080, name: http, protocol: HTTP }
  hosts: ["*", "./a.b", "*/c.d", "other/*.e.f"]`;
  expect(decodeGood("Gateway", spec)).toMatchObject({
    selector: { istio: "ingressgateway" },
    servers: [
      {
        port: { number: 8080, name: "http", protocol: "HTTP" },
        hosts: [
          { namespace: "*", host: "*" },
          { namespace: "shop", host: "a.b" },
          { namespace: "*", host: "c.d" },
          { namespace: "other", host: "*.e.f" },
        ],
      },
    ],
  });
});

test("how a Gateway's server ends TLS", () => {
  const spec = `
selector: { istio: ingressgateway }
servers:
- port: { number: 80, name: http, protocol: HTTP }
  hosts: [a.com]
  bind: 127.0.0.2
  tls: { httpsRedirect: true }
- port: { number: 443, name: https, protocol: HTTPS }
  hosts: [a.com]
  tls: { mode: MUTUAL, credentialName: c, minProtocolVersion: TLSV1_3, subjectAltNames: [b.com], cipherSuites: [AES128-SHA] }
- port: { number: 444, name: tls, protocol: TLS }
  hosts: [a.com]
  tls: { mode: OPTIONAL_MUTUAL, serverCertificate: /c.pem, privateKey: /k.pem, caCertificates: /ca.pem }`;
  expect(decodeGood("Gateway", spec)).toMatchObject({
    servers: [
      { httpsRedirect: true, bind: "127.0.0.2" },
      {
        tls: {
          mode: "MUTUAL",
          credentialNames: ["c"],
          minVersion: "TLSV1_3",
          subjectAltNames: ["b.com"],
          cipherSuites: ["AES128-SHA"],
        },
      },
      {
        tls: {
          mode: "OPTIONAL_MUTUAL",
          certificates: [{ certificate: "/c.pem", privateKey: "/k.pem" }],
          caCertificates: "/ca.pem",
          minVersion: "TLSV1_2",
        },
      },
    ],
  });
});

test.each([
  ["HTTP2", "HTTP2"],
  ["grpc", "GRPC"],
  ["Mongo", "TCP"],
  ["MYSQL", "TCP"],
  ["REDIS", "TCP"],
  ["GRPC-WEB", "GRPC"],
])("a server of the protocol %s is one of %s", (written, read) => {
  const spec = `selector: { a: b }\nservers: [{ port: { number: 80, name: x, protocol: ${written} }, hosts: ['*'] }]`;
  expect(decodeGood("Gateway", spec)).toMatchObject({ servers: [{ port: { protocol: read } }] });
});

test.each([
  ["mode: AUTO_PASSTHROUGH", { mode: "PASSTHROUGH", auto: true }],
  ["mode: ISTIO_MUTUAL", { mode: "ISTIO_MUTUAL", certificates: [], credentialNames: [] }],
  ["mode: MUTUAL, credentialName: c, insecureSkipVerify: true", { mode: "MUTUAL", insecureSkipVerify: true }],
])("a server's TLS of %s", (tls, expected) => {
  const spec = `selector: { a: b }\nservers: [{ port: { number: 443, name: x, protocol: TLS }, hosts: ['*'], tls: { ${tls} } }]`;
  expect(decodeGood("Gateway", spec)).toMatchObject({ servers: [{ tls: expected }] });
});

const server = "servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]";
test.each<[name: string, spec: string, problems: string[]]>([
  [
    "an empty selector",
    `selector: {}\n${server}`,
    ["5:13 IST0106 spec.selector must have a label | fix: write selector: { istio: ingressgateway }"],
  ],
  [
    "TLS without a certificate",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE }",
    [
      "9:10 IST0106 spec.servers[0].tls.credentialName is required when mode is SIMPLE | fix: or give serverCertificate and privateKey",
    ],
  ],
  [
    "TLS beside HTTP",
    "selector: { a: b }\nservers:\n- port: { number: 80, name: http, protocol: HTTP }\n  hosts: ['*']\n  tls: { mode: PASSTHROUGH }",
    ["9:5 IST0106 spec.servers[0].tls cannot stand beside the protocol HTTP | fix: use the protocol HTTPS"],
  ],
  [
    "a redirect of TLS",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE, credentialName: c, httpsRedirect: true }",
    ["9:5 IST0106 spec.servers[0].tls.httpsRedirect is for servers of plain HTTP | fix: use the protocol HTTP"],
  ],
  [
    "certificates from two places",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE, credentialName: c, serverCertificate: /c.pem }",
    [
      "9:45 IST0106 spec.servers[0].tls.serverCertificate cannot stand beside credentialName | fix: keep one of the two",
    ],
  ],
  [
    "clients that nobody checks",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: MUTUAL, serverCertificate: /c.pem, privateKey: /k.pem }",
    ["9:10 IST0106 spec.servers[0].tls.caCertificates is required when mode is MUTUAL | fix: add caCertificates: FILE"],
  ],
  [
    "versions in the wrong order, and a suite of which nobody knows",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE, credentialName: c, maxProtocolVersion: TLSV1_1, cipherSuites: [X] }",
    [
      '9:89 IST0133 warning spec.servers[0].tls.cipherSuites[0]: "X" is not known to Envoy, or cannot be chosen, and is left out',
      "9:45 IST0106 spec.servers[0].tls.maxProtocolVersion is TLSV1_1, which is less than minProtocolVersion, TLSV1_2 | fix: write TLSV1_2",
    ],
  ],
  [
    "two ports of one name",
    "selector: { a: b }\nservers:\n- port: { number: 80, name: http, protocol: HTTP }\n  hosts: ['*']\n- port: { number: 81, name: http, protocol: HTTP }\n  hosts: ['*']",
    ['9:31 IST0106 spec.servers[1].port.name repeats the name "http" | fix: give each port a name of its own'],
  ],
  [
    "a certificate beside the workload's own",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: ISTIO_MUTUAL, credentialName: c }",
    [
      "9:32 IST0106 spec.servers[0].tls.credentialName cannot stand beside mode ISTIO_MUTUAL, which uses the certificate that the workload itself has | fix: write mode: MUTUAL, or remove it",
    ],
  ],
  [
    "clients without certificates that are not checked",
    "selector: { a: b }\nservers:\n- port: { number: 443, name: https, protocol: HTTPS }\n  hosts: ['*']\n  tls: { mode: SIMPLE, credentialName: c, insecureSkipVerify: true }",
    [
      "9:45 IST0106 spec.servers[0].tls.insecureSkipVerify is for clients that have certificates | fix: write mode: MUTUAL, or remove it",
    ],
  ],
  [
    "a Unix socket",
    "selector: { a: b }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'], bind: 'unix:///run/x' }]",
    [
      "6:85 SLU0004 spec.servers[0].bind: a gateway cannot listen on a Unix socket in this version of Sluice | allowed: an IP address such as 127.0.0.1",
    ],
  ],
  [
    "fields that Istio never looks at",
    "selector: { a: b }\nservers: [{ port: { number: 80, name: http, protocol: HTTP, targetPort: 8080 }, hosts: ['*'], defaultEndpoint: '127.0.0.1:1' }]",
    [
      "6:75 IST0002 warning spec.servers[0].port.targetPort is deprecated, and has no effect on a Gateway | fix: remove it",
      "6:114 IST0133 warning spec.servers[0].defaultEndpoint has no effect, in Istio neither | fix: remove it",
    ],
  ],
  [
    "an empty namespace",
    "selector: { a: b }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [/a] }]",
    [
      '6:73 IST0106 spec.servers[0].hosts[0]: "/a" has no namespace before the slash | allowed: host, namespace/host, ./host, */host',
    ],
  ],
])("a Gateway refuses %s", (_, spec, problems) => {
  expect(decodeSpecText("Gateway", spec).problems).toEqual(problems);
});
