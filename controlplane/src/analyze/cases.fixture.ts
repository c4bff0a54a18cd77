import { KUBERNETES_CASES } from "./kubernetes-cases.fixture.ts";
import { documents, object, type AnalyzerCase } from "./objects.fixture.ts";

/** A service `a` with two versions behind a gateway: nothing is wrong with it. */
export const BASE = documents(
  object(
    "ServiceEntry",
    "a",
    "{ hosts: [a.shop.svc.cluster.local], resolution: STATIC, ports: [{ number: 80, name: http }], workloadSelector: { labels: { app: a } } }",
  ),
  ...["v1", "v2"].map((version, index) =>
    object(
      "WorkloadEntry",
      `a-${version}`,
      `{ address: 127.0.0.${index + 1}, ports: { http: 9080 }, labels: { app: a, version: ${version} } }`,
    ),
  ),
  object("DestinationRule", "a", "{ host: a, subsets: [{ name: v1, labels: { version: v1 } }] }"),
  object(
    "Gateway",
    "edge",
    '{ selector: { istio: ingressgateway }, servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*.shop.com"] }] }',
  ),
);

const TO_A = "route: [{ destination: { host: a } }]";
const rule = (match: string): string => `{ match: [${match}], ${TO_A} }`;
const patch = (applyTo: string, operation: string, rest = ""): string =>
  `configPatches: [{ applyTo: ${applyTo}, ${rest}patch: { operation: ${operation}, value: {} } }]`;
const tlsServer = (host: string, certificate: string): string =>
  `{ selector: { istio: ingressgateway }, servers: [{ port: { number: 8443, name: https, protocol: HTTPS }, hosts: [${host}], tls: { mode: SIMPLE, credentialName: ${certificate} } }] }`;
const httpServer = (host: string): string =>
  `{ selector: { istio: ingressgateway }, servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: [${host}] }] }`;
const tcpEntry = (rest: string): string =>
  `{ hosts: [db.shop.svc.cluster.local], resolution: STATIC, ports: [{ number: 5432, name: tcp-db, protocol: TCP }], endpoints: [{ address: 127.0.0.9 }]${rest} }`;
const sidecar = (rest = ""): string => `{ ${rest}egress: [{ hosts: ["./*"] }] }`;
const telemetry = (version: string): string =>
  `{ selector: { matchLabels: { ${version} } }, metrics: [{ overrides: [{ match: { metric: REQUEST_COUNT }, disabled: true }] }] }`;

export const CASES: readonly AnalyzerCase[] = [
  {
    code: "IST0002",
    what: "a deprecated value",
    bad: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { loadBalancer: { simple: LEAST_CONN } } }',
    ),
    good: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { loadBalancer: { simple: LEAST_REQUEST } } }',
    ),
  },
  {
    code: "IST0002",
    what: "a deprecated field",
    bad: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A}, mirror: { host: a }, mirrorPercent: 5 }] }`),
    good: object(
      "VirtualService",
      "a",
      `{ hosts: [a], http: [{ ${TO_A}, mirror: { host: a }, mirrorPercentage: { value: 5 } }] }`,
    ),
  },
  {
    code: "IST0101",
    what: "a host that nobody has",
    bad: object("VirtualService", "a", "{ hosts: [a], http: [{ route: [{ destination: { host: aa } }] }] }"),
    good: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A} }] }`),
  },
  {
    code: "IST0106",
    what: "an unknown field",
    bad: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A}, timeot: 1s }] }`),
    good: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A}, timeout: 1s }] }`),
  },
  {
    code: "IST0109",
    what: "two VirtualServices for one host in the mesh",
    bad: documents(
      object("VirtualService", "one", `{ hosts: [a], http: [{ ${TO_A} }] }`),
      object("VirtualService", "two", `{ hosts: [a], http: [{ ${TO_A} }] }`),
    ),
    good: object("VirtualService", "one", `{ hosts: [a], http: [{ ${TO_A} }] }`),
  },
  {
    code: "IST0110",
    what: "two Sidecars that select one workload",
    bad: documents(
      object("Sidecar", "one", sidecar("workloadSelector: { labels: { app: a } }, ")),
      object("Sidecar", "two", sidecar("workloadSelector: { labels: { version: v1 } }, ")),
    ),
    good: documents(
      object("Sidecar", "one", sidecar("workloadSelector: { labels: { version: v2 } }, ")),
      object("Sidecar", "two", sidecar("workloadSelector: { labels: { version: v1 } }, ")),
    ),
  },
  {
    code: "IST0111",
    what: "two Sidecars for one namespace",
    bad: documents(object("Sidecar", "one", sidecar()), object("Sidecar", "two", sidecar())),
    good: documents(object("Sidecar", "one", sidecar()), object("Sidecar", "two", sidecar(), "other")),
  },
  {
    code: "IST0112",
    what: "a destination with several ports and none chosen",
    bad: documents(
      object(
        "ServiceEntry",
        "b",
        "{ hosts: [b.shop.svc.cluster.local], resolution: STATIC, ports: [{ number: 80, name: http }, { number: 81, name: http-admin }], endpoints: [{ address: 127.0.0.9 }] }",
      ),
      object("VirtualService", "b", "{ hosts: [b], http: [{ route: [{ destination: { host: b } }] }] }"),
    ),
    good: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A} }] }`),
  },
  {
    code: "IST0127",
    what: "a selector that selects nothing",
    bad: object("RequestAuthentication", "jwt", "{ selector: { matchLabels: { app: nobody } } }"),
    good: object("RequestAuthentication", "jwt", "{ selector: { matchLabels: { app: a } } }"),
  },
  {
    code: "IST0128",
    what: "TLS without an authority",
    bad: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { tls: { mode: SIMPLE } } }',
    ),
    good: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { tls: { mode: SIMPLE, caCertificates: /etc/ca.pem } } }',
    ),
  },
  {
    code: "IST0129",
    what: "TLS of a port without an authority",
    bad: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: SIMPLE } }] } }',
    ),
    good: object(
      "DestinationRule",
      "all",
      '{ host: "*.shop.svc.cluster.local", trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: DISABLE } }] } }',
    ),
  },
  {
    code: "IST0130",
    what: "a rule whose requests an earlier one takes",
    bad: object(
      "VirtualService",
      "a",
      `{ hosts: [a], http: [${rule("{ uri: { prefix: /api } }")}, ${rule("{ uri: { exact: /api/x } }")}, { ${TO_A} }] }`,
    ),
    good: object(
      "VirtualService",
      "a",
      `{ hosts: [a], http: [${rule("{ uri: { exact: /api/x } }")}, ${rule("{ uri: { prefix: /api } }")}, { ${TO_A} }] }`,
    ),
  },
  {
    code: "IST0131",
    what: "one match of a rule that an earlier one takes",
    bad: object(
      "VirtualService",
      "a",
      `{ hosts: [a], http: [${rule("{ uri: { prefix: /api } }")}, ${rule("{ uri: { exact: /api/x } }, { uri: { exact: /b } }")}] }`,
    ),
    good: object(
      "VirtualService",
      "a",
      `{ hosts: [a], http: [${rule("{ uri: { prefix: /api }, headers: { x: { exact: y } } }")}, ${rule("{ uri: { exact: /api/x } }, { uri: { exact: /b } }")}] }`,
    ),
  },
  {
    code: "IST0132",
    what: "a host that no gateway of it serves",
    bad: object("VirtualService", "a", `{ hosts: [shop.org], gateways: [edge], http: [{ ${TO_A} }] }`),
    good: object("VirtualService", "a", `{ hosts: [www.shop.com], gateways: [edge], http: [{ ${TO_A} }] }`),
  },
  {
    code: "IST0134",
    what: "a TCP port without an address",
    bad: object("ServiceEntry", "db", tcpEntry("")),
    good: object("ServiceEntry", "db", tcpEntry(", addresses: [10.0.0.9]")),
  },
  {
    code: "IST0138",
    what: "one certificate in two Gateways",
    bad: documents(
      object("Gateway", "one", tlsServer("one.com", "cert")),
      object("Gateway", "two", tlsServer("two.com", "cert")),
    ),
    good: documents(
      object("Gateway", "one", tlsServer("one.com", "cert")),
      object("Gateway", "two", tlsServer("two.com", "cert2")),
    ),
  },
  {
    code: "IST0140",
    what: "subsets that a gateway passes by",
    bad: documents(
      object(
        "VirtualService",
        "inside",
        "{ hosts: [a], http: [{ route: [{ destination: { host: a, subset: v1 } }] }] }",
      ),
      object("VirtualService", "outside", `{ hosts: [www.shop.com], gateways: [edge], http: [{ ${TO_A} }] }`),
    ),
    good: documents(
      object(
        "VirtualService",
        "inside",
        "{ hosts: [a], http: [{ route: [{ destination: { host: a, subset: v1 } }] }] }",
      ),
      object(
        "VirtualService",
        "outside",
        "{ hosts: [www.shop.com], gateways: [edge], http: [{ route: [{ destination: { host: a, subset: v1 } }] }] }",
      ),
    ),
  },
  {
    code: "IST0145",
    what: "two Gateways for one host and port",
    bad: object("Gateway", "rival", httpServer('"*.shop.com"')),
    good: object("Gateway", "rival", httpServer("shop.org")),
  },
  {
    code: "IST0149",
    what: "a claim that nobody has checked",
    bad: object(
      "VirtualService",
      "a",
      `{ hosts: [www.shop.com], gateways: [edge], http: [${rule('{ headers: { "@request.auth.claims.group": { exact: dev } } }')}] }`,
    ),
    good: documents(
      object(
        "RequestAuthentication",
        "jwt",
        "{ selector: { matchLabels: { istio: ingressgateway } } }",
        "istio-system",
      ),
      object(
        "VirtualService",
        "a",
        `{ hosts: [www.shop.com], gateways: [edge], http: [${rule('{ headers: { "@request.auth.claims.group": { exact: dev } } }')}] }`,
      ),
    ),
  },
  {
    code: "IST0151",
    what: "a relative patch without a priority",
    bad: object("EnvoyFilter", "patch", `{ ${patch("HTTP_FILTER", "INSERT_BEFORE")} }`),
    good: object("EnvoyFilter", "patch", `{ priority: 10, ${patch("HTTP_FILTER", "INSERT_BEFORE")} }`),
  },
  {
    code: "IST0152",
    what: "a REPLACE of what cannot be replaced",
    bad: object("EnvoyFilter", "patch", `{ ${patch("CLUSTER", "REPLACE")} }`),
    good: object("EnvoyFilter", "patch", `{ ${patch("CLUSTER", "MERGE")} }`),
  },
  {
    code: "IST0153",
    what: "an ADD of a route",
    bad: object("EnvoyFilter", "patch", `{ ${patch("HTTP_ROUTE", "ADD")} }`),
    good: object("EnvoyFilter", "patch", `{ priority: 1, ${patch("HTTP_ROUTE", "INSERT_FIRST")} }`),
  },
  {
    code: "IST0154",
    what: "a REMOVE of a route",
    bad: object("EnvoyFilter", "patch", `{ ${patch("HTTP_ROUTE", "REMOVE")} }`),
    good: object("EnvoyFilter", "patch", `{ ${patch("HTTP_FILTER", "REMOVE")} }`),
  },
  {
    code: "IST0155",
    what: "a relative patch for some versions",
    bad: object(
      "EnvoyFilter",
      "patch",
      `{ ${patch("HTTP_FILTER", "INSERT_BEFORE", "match: { proxy: { proxyVersion: 1.2 } }, ").replace("1.2", '"^1.2"')} }`,
    ),
    good: object("EnvoyFilter", "patch", `{ priority: 10, ${patch("HTTP_FILTER", "INSERT_BEFORE")} }`),
  },
  {
    code: "IST0157",
    what: "a provider that nobody has configured",
    bad: object("Telemetry", "t", "{ tracing: [{ providers: [{ name: zipkin }] }] }"),
    good: object("Telemetry", "t", "{ metrics: [{ providers: [{ name: prometheus }] }] }"),
  },
  {
    code: "IST0159",
    what: "two Telemetries that select one workload",
    bad: documents(
      object("Telemetry", "one", telemetry("app: a")),
      object("Telemetry", "two", telemetry("version: v1")),
    ),
    good: documents(
      object("Telemetry", "one", telemetry("version: v2")),
      object("Telemetry", "two", telemetry("version: v1")),
    ),
  },
  {
    code: "IST0160",
    what: "two Telemetries for one namespace",
    bad: documents(object("Telemetry", "one", "{}"), object("Telemetry", "two", "{}")),
    good: object("Telemetry", "one", "{}"),
  },
  {
    code: "IST0173",
    what: "a subset that selects nothing",
    bad: object("DestinationRule", "all", "{ host: a, subsets: [{ name: v9, labels: { version: v9 } }] }"),
    good: object("DestinationRule", "all", "{ host: a, subsets: [{ name: v2, labels: { version: v2 } }] }"),
  },
  {
    code: "IST0174",
    what: "a DestinationRule of no host",
    bad: object("DestinationRule", "b", "{ host: bb }"),
    good: object("DestinationRule", "b", "{ host: a }"),
  },
  {
    code: "IST0177",
    what: "one port with two protocols",
    bad: documents(
      object("ServiceEntry", "x", "{ hosts: [x.com], resolution: DNS, ports: [{ number: 80, name: http }] }"),
      object("ServiceEntry", "y", "{ hosts: [x.com], resolution: DNS, ports: [{ number: 80, name: grpc }] }"),
    ),
    good: object("ServiceEntry", "x", "{ hosts: [x.com], resolution: DNS, ports: [{ number: 80, name: http }] }"),
  },
  ...KUBERNETES_CASES,
];
