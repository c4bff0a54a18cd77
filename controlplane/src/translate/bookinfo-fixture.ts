import type { Endpoint, Mesh, Proxy, Service, Workload } from "../model/types.ts";
import {
  destinationRule,
  gateway,
  gatewayProxy,
  httpMatch,
  httpRoute,
  mesh,
  ref,
  routeTo,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";

const namespace = "bookinfo";

/** The workloads by service; ports follow the order: programs from 9001, sidecars from 20001 and 30001. */
const instances = [
  { app: "productpage", version: "v1" },
  { app: "details", version: "v1" },
  { app: "ratings", version: "v1" },
  { app: "reviews", version: "v1" },
  { app: "reviews", version: "v2" },
  { app: "reviews", version: "v3" },
];

export function host(app: string): string {
  return `${app}.${namespace}.svc.cluster.local`;
}

/** A small mesh that uses all that translation knows: bookinfo with each kind of policy. */
export function bookinfo(): Mesh {
  const workloads = instances.map(({ app, version }, i) =>
    workload(`${app}-${version}`, { namespace, labels: { app, version }, ports: { http: 9001 + i } }),
  );
  const services = [...new Set(instances.map(({ app }) => app))].map((app) =>
    bookinfoService(
      app,
      workloads.filter(({ labels }) => labels["app"] === app),
    ),
  );
  const gateways = [gateway("bookinfo", { ref: ref("Gateway", "bookinfo", namespace) })];
  return mesh({
    services,
    workloads,
    gateways,
    proxies: [...workloads.map((one, i) => bookinfoSidecar(one, i, services)), gatewayProxy(gateways)],
    ...routing(),
    authorizationPolicies: [
      {
        ref: ref("AuthorizationPolicy", "ratings", namespace),
        labels: {},
        selector: { app: "ratings" },
        action: "DENY",
        rules: [{ to: [operation("DELETE")], when: [] }],
      },
    ],
  });
}

function bookinfoService(app: string, workloads: readonly Workload[]): Service {
  const endpoints = workloads.map((one): Endpoint => ({
    address: one.address,
    ports: one.ports,
    labels: one.labels,
    weight: 1,
    workload: one,
  }));
  return service(host(app), { namespace, ports: [{ number: 9080, name: "http", protocol: "HTTP" }], endpoints });
}

function bookinfoSidecar(of: Workload, i: number, services: readonly Service[]): Proxy {
  const own = services.find(({ host: name }) => name === host(of.labels["app"] ?? ""));
  const [port] = own?.ports ?? [];
  const inbound = {
    name: "http",
    appPort: 9001 + i,
    listenPort: 20_001 + i,
    ...(own && port ? { service: { host: own.host, port } } : {}),
  };
  return sidecar(of, { inbound: [inbound], outbound: { address: "127.0.0.1", port: 30_001 + i } });
}

function routing(): Pick<Mesh, "virtualServices" | "destinationRules"> {
  const subsets = ["v1", "v2", "v3"].map((version) => ({ name: version, labels: { version } }));
  return {
    virtualServices: [
      virtualService(
        ["*"],
        [
          routeTo(host("productpage"), {
            match: [httpMatch({ uri: { exact: "/productpage" } }), httpMatch({ uri: { prefix: "/static" } })],
            headers: { response: { set: { "x-served-by": "sluice" }, add: {}, remove: [] } },
          }),
        ],
        { ref: ref("VirtualService", "bookinfo", namespace), gateways: [`${namespace}/bookinfo`] },
      ),
      virtualService(
        [host("ratings")],
        [
          routeTo(host("ratings"), {
            match: [httpMatch({ headers: { "end-user": { exact: "jason" } } })],
            fault: { delay: { perMillion: 1_000_000, fixedDelayMs: 7000 } },
          }),
          routeTo(host("ratings")),
        ],
        { ref: ref("VirtualService", "ratings", namespace) },
      ),
      virtualService(
        [host("reviews")],
        [
          httpRoute({
            route: [
              { destination: { host: host("reviews"), subset: "v1" }, weight: 90 },
              { destination: { host: host("reviews"), subset: "v3" }, weight: 10 },
            ],
            timeoutMs: 10_000,
            retries: { attempts: 3, perTryTimeoutMs: 2000, retryOn: "gateway-error,503" },
          }),
        ],
        { ref: ref("VirtualService", "reviews", namespace) },
      ),
    ],
    destinationRules: [
      destinationRule(host("reviews"), { ref: ref("DestinationRule", "reviews", namespace), subsets }),
    ],
  };
}

function operation(method: string) {
  const none = { hosts: [], notHosts: [], ports: [], notPorts: [], notMethods: [], paths: [], notPaths: [] };
  return { ...none, methods: [{ kind: "exact" as const, value: method }] };
}
