import type { SourceFile } from "../../controlplane/src/config/index.ts";

/** A mesh of one sort of object, as istiod's own benchmarks have it, and one small edit of it. */
export interface MeshShape {
  readonly name: string;
  /** The proxy that is generated for. */
  readonly proxy: string;
  readonly files: readonly SourceFile[];
  /** The same files with one object changed; each round changes it anew. */
  readonly edited: (round: number) => readonly SourceFile[];
}

/** Every object in a file of its own, as an edit is of one object. */
function shape(
  name: string,
  objects: readonly string[],
  change: { readonly at: number; readonly to: (round: number) => string },
  proxy = "proxy.default",
): MeshShape {
  const files = objects.map((text, index): SourceFile => ({ path: `${String(index).padStart(5, "0")}.yaml`, text }));
  const edited = (round: number): SourceFile[] =>
    files.with(change.at, { path: files[change.at]?.path ?? "", text: change.to(round) });
  return { name, proxy, files, edited };
}

const up = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function object(apiVersion: string, kind: string, name: string, spec: string, namespace = "default"): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec:\n${spec}`;
}

const networking = "networking.istio.io/v1";
const HTTP = "{ number: 80, name: http, protocol: HTTP }";
const FOUR = `${HTTP}, { number: 7070, name: tcp, protocol: TCP }, { number: 443, name: https, protocol: TLS }, { number: 9090, name: other, protocol: TCP }`;

/** As many, all HTTP: a sidecar of ours has a listener for each TCP service, and 1,000 of these have no ports left. */
const FOUR_HTTP = `${HTTP}, { number: 7070, name: http2, protocol: HTTP2 }, { number: 8080, name: grpc, protocol: GRPC }, { number: 9090, name: other, protocol: HTTP }`;

/** The workload whose sidecar is measured, and the service that it is of. */
function self(ports = HTTP): string[] {
  const entry = `  address: 127.0.0.1\n  labels: { app: proxy }\n`;
  const itself = `  hosts: [example.com]\n  ports: [${ports}]\n  resolution: STATIC\n  location: MESH_INTERNAL\n  workloadSelector: { labels: { app: proxy } }\n`;
  return [object(networking, "WorkloadEntry", "proxy", entry), object(networking, "ServiceEntry", "self", itself)];
}

function service(index: number, ports: string, weight = 1): string {
  return object(
    networking,
    "ServiceEntry",
    `service-${index}`,
    `  hosts: [random-${index}.host.example]\n  ports: [${ports}]\n  resolution: STATIC\n  location: MESH_INTERNAL\n` +
      `  endpoints: [{ address: 10.241.${index >> 8}.${index & 255}, weight: ${weight} }]\n`,
  );
}

/** Services alone: one port of HTTP or TLS, or four of several protocols. */
function services(name: string, ports: string, count: number, others: readonly string[] = []): MeshShape {
  const first = [...self(ports), ...others];
  return shape(name, [...first, ...up(count).map((index) => service(index, ports))], {
    at: first.length,
    to: (round) => service(0, ports, 2 + round),
  });
}

function rewritingRoute(index: number, to = "/new-url"): string {
  return object(
    networking,
    "VirtualService",
    `vs-${index}`,
    `  hosts: [random-${index}.host.example]\n  http:\n    - name: match-route\n` +
      `      match: [{ uri: { prefix: /foo } }, { uri: { regex: /bar } }]\n      rewrite: { uri: ${to} }\n` +
      `      route: [{ destination: { host: random-${index}.host.example } }]\n`,
  );
}

function virtualServices(count: number): MeshShape {
  const first = self();
  const objects = [...first, ...up(count).flatMap((index) => [rewritingRoute(index), service(index, HTTP)])];
  return shape("virtualservice", objects, { at: first.length, to: (round) => rewritingRoute(0, `/new-${round}`) });
}

const hostsOf = (index: number | string): string =>
  `[random-a-${index}.host.example, random-b-${index}.host.example, random-c-${index}.host.example]`;

function gatewayObject(name: string, hosts: string): string {
  return object(
    networking,
    "Gateway",
    name,
    `  selector: { app: gateway }\n  servers:\n    - { port: { number: 80, name: http, protocol: HTTP }, hosts: ${hosts} }\n` +
      `    - { port: { number: 443, name: https, protocol: HTTPS }, hosts: ${hosts}, tls: { mode: SIMPLE, credentialName: cert } }\n`,
    "gateway",
  );
}

function gatewayWorkload(pem: { readonly certificate: string; readonly privateKey: string }): string[] {
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: cert, namespace: gateway }\nstringData:\n  tls.crt: ${JSON.stringify(pem.certificate)}\n  tls.key: ${JSON.stringify(pem.privateKey)}\n`;
  return [
    object(networking, "WorkloadEntry", "gateway", "  address: 127.0.0.1\n  labels: { app: gateway }\n", "gateway"),
    secret,
  ];
}

/** What a gateway that ends TLS needs. */
export interface Pem {
  readonly certificate: string;
  readonly privateKey: string;
}

function gatewayRoute(index: number, prefix = `/route-${index}`): string {
  return object(
    networking,
    "VirtualService",
    `vs-${index}`,
    `  hosts: ${hostsOf(index)}\n  gateways: [gateway/gateway-${index}]\n` +
      `  http: [{ match: [{ uri: { prefix: ${prefix} } }], route: [{ destination: { host: random-${index}.host.example } }] }]\n`,
    "gateway",
  );
}

/** A Gateway of its own for each, with the route and the service behind it. */
function gatewayAndRoute(index: number): string[] {
  return [gatewayRoute(index), gatewayObject(`gateway-${index}`, hostsOf(index)), service(index, HTTP)];
}

function gateways(count: number, pem: Pem): MeshShape {
  const first = gatewayWorkload(pem);
  return shape(
    "gateways",
    [...first, ...up(count).flatMap(gatewayAndRoute)],
    { at: first.length, to: (round) => gatewayRoute(0, `/changed-${round}`) },
    "gateway.gateway",
  );
}

function gatewaysShared(count: number, pem: Pem): MeshShape {
  const hosts = hostsOf("shared");
  const route = (index: number, last = `/route-f-${index}`): string => {
    const prefixes = ["a", "b", "c", "d", "e"].map((letter) => `/route-${letter}-${index}`);
    const matches = [...prefixes, last].map((prefix) => `{ uri: { prefix: ${prefix} } }`).join(", ");
    return object(
      networking,
      "VirtualService",
      `vs-${index}`,
      `  hosts: ${hosts}\n  gateways: [gateway/gateway]\n` +
        `  http: [{ match: [${matches}], route: [{ destination: { host: random-${index}.host.example } }] }]\n`,
      "gateway",
    );
  };
  const first = [...gatewayWorkload(pem), gatewayObject("gateway", hosts)];
  return shape(
    "gateways-shared",
    [...first, ...up(count).flatMap((index) => [route(index), service(index, HTTP)])],
    { at: first.length, to: (round) => route(0, `/changed-${round}`) },
    "gateway.gateway",
  );
}

function denyingPolicy(index: number, method = "POST"): string {
  return object(
    "security.istio.io/v1",
    "AuthorizationPolicy",
    `authz-${index}`,
    `  action: DENY\n  rules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }], to: [{ operation: { methods: [${method}] } }] }]\n`,
  );
}

function authorizationPolicies(count: number): MeshShape {
  const first = self();
  return shape("authorizationpolicy", [...first, ...up(count).map((index) => denyingPolicy(index))], {
    at: first.length,
    to: (round) => denyingPolicy(0, `M${round}`),
  });
}

/** Workloads spread over services that pick them. */
function workloadEntries(count: number, instances: number): MeshShape {
  const entry = (index: number): string =>
    object(
      networking,
      "ServiceEntry",
      `service-${index}`,
      `  hosts: [random-${index}.host.example]\n  ports: [${FOUR_HTTP}]\n  resolution: STATIC\n  location: MESH_INTERNAL\n` +
        `  workloadSelector: { labels: { app: random-${index} } }\n`,
    );
  const workload = (index: number, weight = 1): string =>
    object(
      networking,
      "WorkloadEntry",
      `random-${index}`,
      `  serviceAccount: random\n  address: 10.241.${index >> 8}.${index & 255}\n  weight: ${weight}\n  labels: { app: random-${index % count} }\n`,
    );
  const first = [...self(FOUR_HTTP), ...up(count).map(entry)];
  return shape("serviceentry-workloadentry", [...first, ...up(instances).map((index) => workload(index))], {
    at: first.length,
    to: (round) => workload(0, 2 + round),
  });
}

const telemetry = object(
  "telemetry.istio.io/v1",
  "Telemetry",
  "telemetry",
  "  metrics: [{ providers: [{ name: prometheus }] }]\n  accessLogging: [{ providers: [{ name: envoy }] }]\n",
  "istio-system",
);

/** The shapes, in istiod's names for them. */
export function meshShapes(pem: Pem): readonly (() => MeshShape)[] {
  return [
    () => services("http", HTTP, 100),
    () => services("tls", "{ number: 7070, name: tls, protocol: TLS }", 100),
    () => services("telemetry-api", FOUR, 100, [telemetry]),
    () => virtualServices(100),
    () => authorizationPolicies(100),
    () => workloadEntries(100, 1000),
    () => gateways(1000, pem),
    () => gatewaysShared(1000, pem),
    () => services("http-1000", HTTP, 1000),
  ];
}
