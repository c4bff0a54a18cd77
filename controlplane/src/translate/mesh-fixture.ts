import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type {
  DestinationRule,
  Gateway,
  HttpMatch,
  HttpRoute,
  Mesh,
  ObjectRef,
  Proxy,
  Service,
  ServicePort,
  VirtualService,
  Workload,
} from "../model/types.ts";

/** Builders of small meshes for tests; every field has a default that a test need not speak of. */

const position = { file: "mesh.yaml", line: 1, column: 1 };

export function ref(kind: string, name: string, namespace = "default"): ObjectRef {
  return { kind, namespace, name, position };
}

export const httpPort: ServicePort = { number: 80, name: "http", protocol: "HTTP" };

export function service(host: string, fields: Partial<Service> = {}): Service {
  const namespace = fields.namespace ?? "default";
  return {
    ref: ref("ServiceEntry", host, namespace),
    labels: {},
    host,
    namespace,
    ports: [httpPort],
    resolution: "STATIC",
    location: "MESH_INTERNAL",
    endpoints: [],
    ...fields,
  };
}

export function workload(name: string, fields: Partial<Workload> = {}): Workload {
  const namespace = fields.namespace ?? "default";
  return {
    ref: ref("WorkloadEntry", name, namespace),
    labels: { app: name },
    name,
    namespace,
    address: "127.0.0.1",
    ports: { http: 9080 },
    weight: 1,
    serviceAccount: "default",
    ...fields,
  };
}

/** A sidecar whose program listens on 9080 and which peers reach on 20001. */
export function sidecar(of: Workload, fields: Partial<Proxy> = {}): Proxy {
  return {
    id: `${of.name}.${of.namespace}`,
    kind: "sidecar",
    workload: of,
    inbound: [{ name: "http", appPort: 9080, listenPort: 20_001 }],
    outbound: { address: "127.0.0.1", port: 30_001 },
    gateways: [],
    ...fields,
  };
}

export function gateway(name: string, fields: Partial<Gateway> = {}): Gateway {
  return {
    ref: ref("Gateway", name),
    labels: {},
    selector: { istio: "ingressgateway" },
    servers: [{ port: { number: 8080, protocol: "HTTP", name: "http" }, hosts: [{ namespace: "*", host: "*" }] }],
    ...fields,
  };
}

export function gatewayProxy(gateways: readonly Gateway[]): Proxy {
  const of = workload("istio-ingressgateway", { namespace: "istio-system", labels: { istio: "ingressgateway" } });
  return { id: "istio-ingressgateway.istio-system", kind: "gateway", workload: of, inbound: [], gateways };
}

export function httpMatch(fields: Partial<HttpMatch> = {}): HttpMatch {
  return { ignoreUriCase: false, headers: {}, withoutHeaders: {}, queryParams: {}, sourceLabels: {}, ...fields };
}

export function httpRoute(fields: Partial<HttpRoute> = {}): HttpRoute {
  return { match: [], route: [], mirrors: [], position, ...fields };
}

/** A route to one host. */
export function routeTo(host: string, fields: Partial<HttpRoute> = {}): HttpRoute {
  return httpRoute({ route: [{ destination: { host }, weight: 100 }], ...fields });
}

export function virtualService(
  hosts: readonly string[],
  http: readonly HttpRoute[],
  fields: Partial<VirtualService> = {},
): VirtualService {
  return {
    ref: ref("VirtualService", hosts[0] ?? "none"),
    labels: {},
    hosts,
    gateways: ["mesh"],
    exportTo: ["*"],
    http,
    tls: [],
    tcp: [],
    ...fields,
  };
}

export function destinationRule(host: string, fields: Partial<DestinationRule> = {}): DestinationRule {
  return { ref: ref("DestinationRule", host), labels: {}, host, subsets: [], exportTo: ["*"], ...fields };
}

export function mesh(fields: Partial<Mesh> = {}): Mesh {
  return { ...EMPTY_MESH, ...fields };
}
