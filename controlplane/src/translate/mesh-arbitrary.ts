import * as fc from "fast-check";
import type { Destination, HttpRoute, Mesh, Service, ServicePort, VirtualService } from "../model/types.ts";
import {
  destinationRule,
  gateway,
  gatewayProxy,
  httpMatch,
  httpRoute,
  mesh,
  ref,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";

const namespaces = ["one", "two"];

/** Few, so that they meet: full, short and wildcard forms of the same names. */
const hosts = [
  "a.one.svc.cluster.local",
  "a.two.svc.cluster.local",
  "b.one.svc.cluster.local",
  "a.one.svc",
  "a.one",
  "a",
  "b",
  "x.com",
  "*.com",
  "*.x.com",
  "*.one.svc.cluster.local",
];

const port: fc.Arbitrary<ServicePort> = fc.record({
  number: fc.constantFrom(80, 81, 8080),
  name: fc.constant("http"),
  protocol: fc.constantFrom("HTTP", "GRPC", "TCP"),
});

const services: fc.Arbitrary<Service[]> = fc.array(
  fc
    .record({
      host: fc.constantFrom(...hosts),
      namespace: fc.constantFrom(...namespaces),
      ports: fc.array(port, { maxLength: 3 }),
      resolution: fc.constantFrom("STATIC", "DNS"),
    })
    .map(({ host, ...fields }) =>
      service(host, { ...fields, resolution: host.startsWith("*") ? "STATIC" : fields.resolution }),
    ),
  { maxLength: 6 },
);

/** Destinations that exist: a host that some service covers, one of its ports, and a subset of all hosts. */
function destinations(known: readonly Service[]): readonly Destination[] {
  const first = known.filter((one, i) => known.findIndex(({ host }) => host === one.host) === i);
  return first.flatMap(({ host, ports }) =>
    ports
      .filter((one, i) => ports.findIndex(({ number }) => number === one.number) === i)
      .flatMap(({ number }) => [
        { host: host.replace("*", "z"), port: number },
        { host, port: number, subset: "v1" },
      ]),
  );
}

function routes(known: readonly Service[]): fc.Arbitrary<HttpRoute> {
  const match = fc.array(fc.constantFrom(httpMatch({ uri: { prefix: "/p" } }), httpMatch({ port: 81 })), {
    maxLength: 2,
  });
  const existing = destinations(known);
  if (existing.length === 0) return match.map((one) => httpRoute({ match: one, directResponse: { status: 200 } }));
  const route = fc.array(fc.record({ destination: fc.constantFrom(...existing), weight: fc.nat(2) }), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.record({ match, route }).map(httpRoute);
}

function virtualServices(known: readonly Service[]): fc.Arbitrary<VirtualService[]> {
  return fc.array(
    fc
      .record({
        own: fc.array(fc.constantFrom(...hosts, "*"), { minLength: 1, maxLength: 3 }),
        http: fc.array(routes(known), { maxLength: 3 }),
        gateways: fc.subarray(["mesh", "default/one", "default/two"]),
        namespace: fc.constantFrom(...namespaces),
        exportTo: fc.constantFrom(["*"], ["one"], ["two"]),
      })
      .map(({ own, http, gateways, namespace, exportTo }) =>
        virtualService(own, http, { gateways, exportTo, ref: ref("VirtualService", "v", namespace) }),
      ),
    { maxLength: 5 },
  );
}

/** Meshes with names that collide, and routes to destinations that exist; two sidecars and a gateway. */
export const anyMesh: fc.Arbitrary<Mesh> = services
  .chain((known) => fc.tuple(fc.constant(known), virtualServices(known), fc.subarray(["*", ...hosts])))
  .map(([known, bound, served]) => {
    const server = {
      port: { number: 8080, protocol: "HTTP" as const, name: "http" },
      hosts: ["*", ...served].map((host) => ({ namespace: "*", host })),
    };
    const gateways = [gateway("one"), gateway("two", { servers: [server, server] })];
    return mesh({
      services: known,
      virtualServices: bound,
      destinationRules: hosts.map((host) =>
        destinationRule(host, {
          ref: ref("DestinationRule", host, "istio-system"),
          subsets: [{ name: "v1", labels: { version: "v1" } }],
        }),
      ),
      gateways,
      proxies: [...namespaces.map((namespace) => sidecar(workload("client", { namespace }))), gatewayProxy(gateways)],
    });
  });
