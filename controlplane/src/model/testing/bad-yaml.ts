import type { SupportedKind } from "../kinds/api-versions.ts";
import { objectText } from "./decode-text.ts";

/** Two versions of reviews, ratings with two ports, and a gateway: what the bad objects may refer to. */
export const KNOWN_MESH = [
  objectText(
    "ServiceEntry",
    "hosts: [reviews.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 80, name: http }]\nworkloadSelector: { labels: { app: reviews } }",
    "reviews",
  ),
  objectText(
    "ServiceEntry",
    "hosts: [ratings.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 80, name: http }, { number: 81, name: http-admin }]\nendpoints: [{ address: 127.0.0.9 }]",
    "ratings",
  ),
  ...["v1", "v2"].map((version, index) =>
    objectText(
      "WorkloadEntry",
      `address: 127.0.0.${index + 1}\nports: { http: 9080 }\nlabels: { app: reviews, version: ${version} }`,
      `reviews-${version}`,
    ),
  ),
  objectText(
    "DestinationRule",
    "host: reviews\nsubsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]",
    "reviews",
  ),
  objectText(
    "Gateway",
    'selector: { istio: ingressgateway }\nservers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }]',
    "bookinfo-gateway",
  ),
].join("---\n");

type BadYaml = string | { readonly kind: SupportedKind; readonly spec: string };

const virtualService = (http: string): BadYaml => ({ kind: "VirtualService", spec: `hosts: [reviews]\n${http}` });
const route = (fields: string): BadYaml =>
  virtualService(`http:\n- route: [{ destination: { host: reviews } }]\n${fields}`);
const authorization = (spec: string): BadYaml => ({ kind: "AuthorizationPolicy", spec });
const tokens = (rule: string): BadYaml => ({ kind: "RequestAuthentication", spec: `jwtRules: [${rule}]` });
const entry = (spec: string): BadYaml => ({
  kind: "ServiceEntry",
  spec: `hosts: [new.shop.svc.cluster.local]\n${spec}`,
});
const clusterPatch = (value: string): BadYaml => ({
  kind: "EnvoyFilter",
  spec: `configPatches:\n- applyTo: CLUSTER\n  patch: { operation: MERGE, value: ${value} }`,
});
const sound = objectText(
  "VirtualService",
  "hosts: [reviews]\nhttp: [{ route: [{ destination: { host: reviews } }] }]",
  "a",
);

/** One mistake each, as users make them. */
export const BAD_YAML: readonly (readonly [name: string, yaml: BadYaml])[] = [
  ["a tab as indentation", sound.replace("  hosts", "\thosts")],
  ["a duplicate key", sound.replace("kind: VirtualService", "kind: VirtualService\nkind: VirtualService")],
  ["an unclosed bracket", sound.replace("[reviews]", "[reviews")],
  ["an unclosed quote", sound.replace("[reviews]", '["reviews]')],
  ["a missing colon", sound.replace("metadata:", "metadata")],
  ["a missing space after a colon", sound.replace("kind: ", "kind:")],
  ["an alias without an anchor", sound.replace("[reviews]", "*hosts")],
  ["an unquoted star", sound.replace("[reviews]", "[*]")],
  ["plain text", "reviews\n"],
  ["a wrong kind", sound.replace("kind: VirtualService", "kind: VirtualSevice")],
  ["a wrong apiVersion", sound.replace("networking.istio.io/v1", "networking.istio.io/v2")],
  ["another group's apiVersion", sound.replace("networking.istio.io/v1", "security.istio.io/v1")],
  ["no kind", sound.replace("kind: VirtualService\n", "")],
  ["no apiVersion", sound.replace("apiVersion: networking.istio.io/v1\n", "")],
  ["no metadata.name", sound.replace("name: a, ", "")],
  ["no metadata", sound.replace(/metadata: .*\n/, "")],
  ["a name in upper case", sound.replace("name: a,", "name: Reviews,")],
  ["a field of the spec beside it", `${sound}exportTo: ["*"]\n`],
  ["a field of a misspelled name", virtualService("htpp: []")],
  ["a field of another case", virtualService("HTTP: [{ route: [{ destination: { host: reviews } }] }]")],
  [
    "a misspelled required field",
    {
      kind: "Gateway",
      spec: "selecto: { istio: ingressgateway }\nservers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]",
    },
  ],
  [
    "an unsupported field",
    { kind: "Telemetry", spec: "targetRef: { kind: Gateway, group: gateway.networking.k8s.io, name: a }" },
  ],
  [
    "subnets of a service without addresses",
    virtualService(
      "tcp: [{ match: [{ destinationSubnets: [10.0.0.0/8] }], route: [{ destination: { host: reviews } }] }]",
    ),
  ],
  ["an expiry in milliseconds", route("  corsPolicy: { maxAge: 500ms }")],
  ["routes missing", virtualService("gateways: [mesh]")],
  [
    "gateways without hosts",
    { kind: "VirtualService", spec: "gateways: [mesh]\nhttp: [{ route: [{ destination: { host: reviews } }] }]" },
  ],
  ["a delegate that delegates", { kind: "VirtualService", spec: "http: [{ delegate: { name: b } }]" }],
  ["an unknown delegate", virtualService("http: [{ delegate: { name: b } }]")],
  ["a route beside a delegate", route("  delegate: { name: b }")],
  [
    "a namespace that is none",
    virtualService("exportTo: ['~']\nhttp: [{ route: [{ destination: { host: reviews } }] }]"),
  ],
  ["a port beside derivePort", virtualService("http: [{ redirect: { port: 80, derivePort: FROM_REQUEST_PORT } }]")],
  ["a body that is not base64", virtualService("http: [{ directResponse: { status: 200, body: { bytes: '?' } } }]")],
  [
    "a server name of another host",
    virtualService("tls: [{ match: [{ sniHosts: [a.com] }], route: [{ destination: { host: reviews } }] }]"),
  ],
  ["server names missing", virtualService("tls: [{ match: [{}], route: [{ destination: { host: reviews } }] }]")],
  [
    "an unsupported kind",
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: a }\nspec: {}\n",
  ],
  ["a patch with a field that Envoy does not have", clusterPatch("{ connect_timeot: 1s }")],
  ["a patch with a value that does not fit", clusterPatch("{ connect_timeout: 5 }")],
  [
    "a patch of a type that is unknown",
    clusterPatch(
      '{ transport_socket: { typed_config: { "@type": type.googleapis.com/envoy.api.v2.auth.UpstreamTlsContext } } }',
    ),
  ],
  [
    "a patch that matches what it does not change",
    {
      kind: "EnvoyFilter",
      spec: "configPatches: [{ applyTo: CLUSTER, match: { listener: {} }, patch: { operation: REMOVE } }]",
    },
  ],
  ["a ProxyConfig with a word for a number", { kind: "ProxyConfig", spec: "concurrency: two" }],
  ["a WorkloadGroup with an address", { kind: "WorkloadGroup", spec: "template: { address: 127.0.0.1 }" }],
  ["hosts missing", { kind: "VirtualService", spec: "http: [{ route: [{ destination: { host: reviews } }] }]" }],
  [
    "hosts as text",
    { kind: "VirtualService", spec: "hosts: reviews\nhttp: [{ route: [{ destination: { host: reviews } }] }]" },
  ],
  [
    "hosts without a value",
    { kind: "VirtualService", spec: "hosts:\nhttp: [{ route: [{ destination: { host: reviews } }] }]" },
  ],
  [
    "a host with a scheme",
    {
      kind: "VirtualService",
      spec: "hosts: ['http://reviews']\nhttp: [{ route: [{ destination: { host: reviews } }] }]",
    },
  ],
  ["a destination without a host", virtualService("http: [{ route: [{ destination: { subset: v1 } }] }]")],
  ["a route without a destination", virtualService("http: [{ route: [{ host: reviews }] }]")],
  ["an unknown host", virtualService("http: [{ route: [{ destination: { host: reveiws } }] }]")],
  [
    "an unknown full host",
    virtualService("http: [{ route: [{ destination: { host: reviews.shop.svc.cluster.lokal } }] }]"),
  ],
  [
    "a host of another namespace by its short name",
    virtualService("http: [{ route: [{ destination: { host: reviews.other } }] }]"),
  ],
  ["an unknown subset", virtualService("http: [{ route: [{ destination: { host: reviews, subset: v3 } }] }]")],
  [
    "a subset of a host without subsets",
    virtualService("http: [{ route: [{ destination: { host: ratings, subset: v1, port: { number: 80 } } }] }]"),
  ],
  [
    "an unknown port",
    virtualService("http: [{ route: [{ destination: { host: reviews, port: { number: 8080 } } }] }]"),
  ],
  ["a port by name", virtualService("http: [{ route: [{ destination: { host: reviews, port: { number: http } } }] }]")],
  ["a port as a scalar", virtualService("http: [{ route: [{ destination: { host: reviews, port: 80 } }] }]")],
  ["a port that must be chosen", virtualService("http: [{ route: [{ destination: { host: ratings } }] }]")],
  [
    "an unknown gateway",
    virtualService("gateways: [bookinfo-gatway]\nhttp: [{ route: [{ destination: { host: reviews } }] }]"),
  ],
  [
    "match as a map",
    virtualService("http:\n- match:\n    uri: { prefix: /a }\n  route: [{ destination: { host: reviews } }]"),
  ],
  ["a match by plain text", route("  match: [{ uri: /a }]")],
  ["a match by two things", route("  match: [{ uri: { exact: /a, prefix: /b } }]")],
  ["an invalid regex", route("  match: [{ uri: { regex: '/a(' } }]")],
  ["a regex with look-ahead", route("  match: [{ uri: { regex: '/(?!a).*' } }]")],
  ["uri among headers", route("  match: [{ headers: { uri: { exact: /a } } }]")],
  ["a weight as text", virtualService("http: [{ route: [{ destination: { host: reviews }, weight: heavy }] }]")],
  ["a weight in percent", virtualService("http: [{ route: [{ destination: { host: reviews }, weight: 90% }] }]")],
  ["a negative weight", virtualService("http: [{ route: [{ destination: { host: reviews }, weight: -1 }] }]")],
  [
    "weights that add up to zero",
    virtualService(
      "http: [{ route: [{ destination: { host: reviews, subset: v1 } }, { destination: { host: reviews, subset: v2 } }] }]",
    ),
  ],
  ["a duration without a unit", route("  timeout: 10")],
  ["a duration in words", route("  timeout: 10 seconds")],
  ["a duration in days", route("  timeout: 1d")],
  ["a negative duration", route("  timeout: -5s")],
  ["a duration of no time", route("  timeout: 0s")],
  ["a percentage as a scalar", route("  fault: { delay: { fixedDelay: 5s, percentage: 100 } }")],
  ["a percentage in percent", route("  fault: { delay: { fixedDelay: 5s, percentage: { value: 50% } } }")],
  ["a percentage above 100", route("  fault: { delay: { fixedDelay: 5s, percentage: { value: 150 } } }")],
  ["abort.percent", route("  fault: { abort: { httpStatus: 503, percent: 50 } }")],
  ["an abort without a status", route("  fault: { abort: { percentage: { value: 50 } } }")],
  ["httpStatus 99", route("  fault: { abort: { httpStatus: 99, percentage: { value: 50 } } }")],
  ["a delay without a duration", route("  fault: { delay: { percentage: { value: 50 } } }")],
  ["a fault without a percentage", route("  fault: { delay: { fixedDelay: 5s } }")],
  ["a route that goes nowhere", virtualService("http: [{ match: [{ uri: { prefix: /a } }] }]")],
  ["a route and a redirect", route("  redirect: { uri: /a }")],
  ["a header value that is a number", route("  headers: { request: { set: { x-count: 1 } } }")],
  ["headers without request or response", route("  headers: { set: { x-count: '1' } }")],
  ["headers as a list", route("  headers: { request: { set: [{ name: x, value: y }] } }")],
  ["an unknown retry condition", route("  retries: { attempts: 3, retryOn: '5xx,conect-failure' }")],
  ["retries as a number", route("  retries: 3")],
  [
    "a route after one that takes everything",
    virtualService(
      "http:\n- route: [{ destination: { host: reviews } }]\n- match: [{ uri: { prefix: /a } }]\n  route: [{ destination: { host: reviews } }]",
    ),
  ],
  [
    "a gateway without a selector",
    { kind: "Gateway", spec: "servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]" },
  ],
  [
    "a gateway's port 70000",
    {
      kind: "Gateway",
      spec: "selector: { istio: x }\nservers: [{ port: { number: 70000, name: http, protocol: HTTP }, hosts: ['*'] }]",
    },
  ],
  [
    "a gateway's TLS",
    {
      kind: "Gateway",
      spec: "selector: { istio: x }\nservers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: ['*'] }]",
    },
  ],
  [
    "an unknown protocol",
    {
      kind: "Gateway",
      spec: "selector: { istio: x }\nservers: [{ port: { number: 80, name: http, protocol: HTPP }, hosts: ['*'] }]",
    },
  ],
  ["DENY without rules", authorization("action: DENY")],
  ["an action in lower case", authorization("action: allow\nrules: [{}]")],
  ["methods as a scalar", authorization("rules: [{ to: [{ operation: { methods: GET } }] }]")],
  ["methods beside operation", authorization("rules: [{ to: [{ methods: [GET] }] }]")],
  ["to as a map", authorization("rules: [{ to: { operation: { methods: [GET] } } }]")],
  ["a bracket in plain text", authorization("rules: [{ when: [{ key: request.header[x-token], values: [a] }] }]")],
  ["an unknown key of when", authorization("rules: [{ when: [{ key: 'request.header[x-token]', values: [a] }] }]")],
  ["an address that is none", authorization("rules: [{ when: [{ key: source.ip, values: [10.0.0] }] }]")],
  ["a condition without values", authorization("rules: [{ when: [{ key: 'request.headers[x-token]' }] }]")],
  ["from without source", authorization("rules: [{ from: [{ namespaces: [a] }] }]")],
  ["ports as numbers", authorization("rules: [{ to: [{ operation: { ports: [80] } }] }]")],
  ["a policy for nobody", authorization("selector: { matchLabels: { app: review } }\nrules: [{}]")],
  ["a provider that nobody has", authorization("action: CUSTOM\nprovider: { name: opa }\nrules: [{}]")],
  ["an issuer without keys", tokens('{ issuer: "https://a.test" }')],
  ["keys that are no key set", tokens(`{ issuer: "https://a.test", jwks: '{ "kty": "RSA" }' }`)],
  ["a place of keys without a scheme", tokens('{ issuer: "https://a.test", jwksUri: a.test/keys }')],
  ["a rule without an issuer", tokens('{ jwksUri: "https://a.test/keys" }')],
  [
    "a header of tokens by its name alone",
    tokens('{ issuer: "https://a.test", jwksUri: "https://a.test/keys", fromHeaders: [x-token] }'),
  ],
  ["a claim by another name", route("  match: [{ headers: { '@request.auth.claim.a': { exact: b } } }]")],
  ["a selector without matchLabels", authorization("selector: { app: reviews }\nrules: [{}]")],
  ["a number as a label", { kind: "WorkloadEntry", spec: "address: 127.0.0.3\nlabels: { app: x, version: 1.10 }" }],
  ["an address with a port", { kind: "WorkloadEntry", spec: "address: 127.0.0.3:9080" }],
  ["an address that is a host name", { kind: "WorkloadEntry", spec: "address: localhost" }],
  ["an address that is no IP", { kind: "WorkloadEntry", spec: "address: 127.0.0.300" }],
  ["workload ports as a list", { kind: "WorkloadEntry", spec: "address: 127.0.0.3\nports: [9080]" }],
  [
    "a service's port 70000",
    entry("resolution: STATIC\nports: [{ number: 70000, name: http }]\nendpoints: [{ address: 127.0.0.3 }]"),
  ],
  [
    "a port without a protocol",
    entry("resolution: STATIC\nports: [{ number: 80, name: web }]\nendpoints: [{ address: 127.0.0.3 }]"),
  ],
  [
    "a repeated port number",
    entry(
      "resolution: STATIC\nports: [{ number: 80, name: http }, { number: 80, name: http-2 }]\nendpoints: [{ address: 127.0.0.3 }]",
    ),
  ],
  [
    "a repeated port name",
    entry(
      "resolution: STATIC\nports: [{ number: 80, name: http }, { number: 81, name: http }]\nendpoints: [{ address: 127.0.0.3 }]",
    ),
  ],
  [
    "a static endpoint by name",
    entry("resolution: STATIC\nports: [{ number: 80, name: http }]\nendpoints: [{ address: example.com }]"),
  ],
  ["endpoints without a resolution", entry("ports: [{ number: 80, name: http }]\nendpoints: [{ address: 127.0.0.3 }]")],
  [
    "an endpoint's unknown port",
    entry(
      "resolution: STATIC\nports: [{ number: 80, name: http }]\nendpoints: [{ address: 127.0.0.3, ports: { htp: 9080 } }]",
    ),
  ],
  ["a service without endpoints", entry("resolution: STATIC\nports: [{ number: 80, name: http }]")],
  [
    "a host that another has",
    {
      kind: "ServiceEntry",
      spec: "hosts: [reviews.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 80, name: http }]\nendpoints: [{ address: 127.0.0.3 }]",
    },
  ],
  ["a rule for an unknown host", { kind: "DestinationRule", spec: "host: reveiws" }],
  ["a repeated subset", { kind: "DestinationRule", spec: "host: ratings\nsubsets: [{ name: v1 }, { name: v1 }]" }],
  [
    "a subset of nothing",
    { kind: "DestinationRule", spec: "host: ratings\nsubsets: [{ name: v9, labels: { version: v9 } }]" },
  ],
  [
    "an unknown load balancer",
    { kind: "DestinationRule", spec: "host: ratings\ntrafficPolicy: { loadBalancer: { simple: ROUNDROBIN } }" },
  ],
  [
    "an unknown metric",
    { kind: "Telemetry", spec: "metrics: [{ overrides: [{ match: { metric: REQUESTS_COUNT }, disabled: true }] }]" },
  ],
  [
    "a tag's value without quotes",
    { kind: "Telemetry", spec: "metrics: [{ overrides: [{ tagOverrides: { team: { value: shop } } }] }]" },
  ],
  [
    "a tag with a dash",
    { kind: "Telemetry", spec: "metrics: [{ overrides: [{ tagOverrides: { my-team: { value: request.method } } }] }]" },
  ],
  [
    "a pattern that no proxy can match",
    {
      kind: "Telemetry",
      spec: "metrics: [{ overrides: [{ tagOverrides: { a: { value: \"request.path.matches('/v[0-9]+/')\" } } }] }]",
    },
  ],
  [
    "a sum of two attributes",
    {
      kind: "Telemetry",
      spec: "metrics: [{ overrides: [{ tagOverrides: { a: { value: request.size + response.size > 9 } } }] }]",
    },
  ],
  ["another provider", { kind: "Telemetry", spec: "metrics: [{ providers: [{ name: stackdriver }] }]" }],
  [
    "a Sidecar's host without its namespace",
    { kind: "Sidecar", spec: "egress: [{ hosts: [reviews.shop.svc.cluster.local] }]" },
  ],
  [
    "a Sidecar's general listener before its others",
    {
      kind: "Sidecar",
      spec: 'egress:\n- hosts: ["./*"]\n- { port: { number: 9080, protocol: HTTP }, hosts: ["./ratings.shop.svc.cluster.local"] }',
    },
  ],
  [
    "a Sidecar that would pass on to itself",
    { kind: "Sidecar", spec: "ingress: [{ port: { number: 9080, protocol: HTTP }, captureMode: NONE }]" },
  ],
  [
    "a Sidecar that passes on to another machine",
    {
      kind: "Sidecar",
      spec: 'ingress: [{ port: { number: 9080, protocol: HTTP }, defaultEndpoint: "localhost:8080" }]',
    },
  ],
  [
    "an egress proxy that nothing goes to",
    { kind: "Sidecar", spec: "outboundTrafficPolicy: { egressProxy: { host: reviews } }" },
  ],
  [
    "a subnet that is none",
    virtualService(
      "tcp: [{ match: [{ destinationSubnets: [10.0.0.0/33] }], route: [{ destination: { host: reviews } }] }]",
    ),
  ],
  [
    "a subnet of clients",
    virtualService("tcp: [{ match: [{ sourceSubnet: 10.0.0.0/8 }], route: [{ destination: { host: reviews } }] }]"),
  ],
  [
    "a Unix socket that is resolved",
    entry('resolution: DNS\nports: [{ number: 80, name: http }]\nendpoints: [{ address: "unix:///run/app.sock" }]'),
  ],
  [
    "a Unix socket for two ports",
    entry(
      'resolution: STATIC\nports: [{ number: 80, name: http }, { number: 81, name: tcp }]\nendpoints: [{ address: "unix:///run/app.sock" }]',
    ),
  ],
  ["an unknown command in a header", route('  headers: { request: { set: { x-a: "%REQUEST(x)%" } } }')],
  ["a host that depends on the request", route('  headers: { request: { set: { host: "%REQ(x)%" } } }')],
  ["a workload without a sidecar", { kind: "WorkloadEntry", spec: "address: db.example.com" }],
];
