import {
  RouteSchema,
  VirtualHost_TlsRequirementType,
  VirtualHostSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { covers } from "../model/index.ts";
import type { BoundServer } from "../model/index.ts";
import type { GatewayServer, ObjectRef, Proxy, VirtualService, Workload } from "../model/types.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import type { Direction } from "./filters.ts";
import { intersection } from "./host.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { matchedHeaders } from "./native-headers.ts";
import { compare } from "./protobuf.ts";
import { answerAll, matchesAll, virtualServiceRoutes } from "./route.ts";
import { routeResource } from "./resource.ts";
import { routeConfiguration } from "./route-configuration.ts";
import type { RouteConfigurationOptions } from "./route-configuration.ts";
import { virtualHost } from "./virtual-host.ts";
import { originsOf, visibleFrom } from "./visibility.ts";

/** Servers of a port that have one route configuration, of the name `routes`. */
export interface GatewayRoutes {
  readonly port: number;
  readonly routes: string;
  readonly servers: readonly BoundServer[];
}

/** The routes of a gateway's port: of all VirtualServices that bind to a server of it, merged by host. */
export function gatewayRouteResource(
  index: MeshIndex,
  proxy: Proxy,
  gatewayPort: GatewayRoutes,
  policies: Direction | undefined,
  origins: readonly ObjectRef[],
  on: readonly string[] = [],
): Resource {
  const bindings = bind(visibleFrom(index.mesh, proxy.workload.namespace), gatewayPort);
  const { config, faultInjections, headerPolicies } = index.mesh;
  const virtualServices = new Set([...bindings.values()].flatMap((bound) => [...bound.keys()]));
  const time = faultInjections.length === 0 ? 0 : index.now;
  const given = [gatewayPort, proxy.workload, policies, origins, on];
  const ofMesh = [config, faultInjections, headerPolicies, time];
  const bound = [...virtualServices].map((one) => [one, destinationsOf(one, index, proxy.workload)]);
  return index.recall.of(`bound ${gatewayPort.routes}`, [given, ofMesh, bound], () =>
    boundResource(index, proxy, gatewayPort, bindings, { policies, origins, on }),
  );
}

/** So many virtual hosts are made anew together, when anything that they are made of has changed. */
const few = 16;

const destinations = new WeakMap<MeshIndex, Map<VirtualService, readonly unknown[]>>();

/** The services that a VirtualService leads to, with their rules: what its routes are made of beside what it says. */
function destinationsOf(of: VirtualService, index: MeshIndex, client: Workload): readonly unknown[] {
  const known = destinations.get(index) ?? new Map<VirtualService, readonly unknown[]>();
  destinations.set(index, known);
  return getOrInsert(known, of, () => {
    const all = of.http.flatMap(({ route, mirrors }) => [...route, ...mirrors]);
    const services = all.map(({ destination }) => index.serviceByHost.find(destination.host));
    return services.map((service) => service && [service, index.rules.find(client, service)]);
  });
}

function boundResource(
  index: MeshIndex,
  proxy: Proxy,
  gatewayPort: GatewayRoutes,
  bindings: Bindings,
  {
    policies,
    origins,
    on,
  }: Pick<RouteConfigurationOptions, "policies" | "on"> & {
    readonly origins: readonly ObjectRef[];
  },
): Resource {
  const redirected = redirectedHosts(gatewayPort);
  for (const host of redirected) if (!bindings.has(host)) bindings.set(host, new Map());
  const routesFor = domainRoutes(index, proxy.workload, gatewayPort.port);
  const virtualHosts = [...bindings]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([domain, bound]) =>
      virtualHost(index, bindings.size > few ? gatewayPort.routes : undefined, {
        name: `${domain}:${gatewayPort.port}`,
        domains: [domain],
        ...(isRedirected(domain, redirected) ? { requireTls: VirtualHost_TlsRequirementType.ALL } : {}),
        routes: routesFor(domain, bound),
      }),
    );
  const options = {
    name: gatewayPort.routes,
    virtualHosts: bindings.has("*") ? virtualHosts : [...virtualHosts, nothing],
    policies,
    ...(on && { on }),
    ignorePort: true,
  };
  return routeResource(routeConfiguration(options), [
    ...gatewayPort.servers.map(({ gateway }) => gateway.ref),
    ...[...bindings.values()].flatMap((bound) => [...bound.keys()].flatMap(originsOf)),
    ...origins,
  ]);
}

/** Istio: what servers with httpsRedirect serve answers with a redirect, also where no VirtualService is bound to it. */
function redirectedHosts({ servers }: GatewayRoutes): readonly string[] {
  return servers.flatMap(({ server }) => (server.httpsRedirect === true ? server.hosts.map(({ host }) => host) : []));
}

function isRedirected(domain: string, redirected: readonly string[]): boolean {
  return redirected.some((host) => covers(host, domain));
}

const notFound = answerAll("not_found", 404);
const nothing = create(VirtualHostSchema, { name: "not_found", domains: ["*"], routes: [notFound] });

/** The VirtualServices that answer for a domain, in the mesh's order, and the Gateways that they come through. */
type Bound = Map<VirtualService, Set<string>>;
type Bindings = Map<string, Bound>;

function boundRoutes(index: MeshIndex, client: Workload, host: string, port: number, bound: Bound): readonly Route[] {
  const views = [...bound].map(([of, gateways]) => ({ of, view: { index, client, gateways, host, port } }));
  const matched = new Set(views.flatMap(({ of, view }) => [...matchedHeaders(of, view)]));
  return views.flatMap(({ of, view }) => virtualServiceRoutes(of, view, matched));
}

/** The routes of domains, made once for all that have the same: most VirtualServices have several hosts. */
function domainRoutes(
  index: MeshIndex,
  client: Workload,
  port: number,
): (domain: string, bound: Bound) => readonly Route[] {
  const { faultInjections, headerPolicies } = index.mesh;
  const hostMatters = faultInjections.length > 0 || headerPolicies.length > 0;
  const made = new Map<string, readonly Route[]>();
  return (domain, bound) => {
    const names = [...bound].map(([{ ref }, through]) => [ref.namespace, ref.name, ...through].join("/"));
    return getOrInsert(made, [hostMatters ? domain : "", ...names].join(" "), () =>
      ordered(boundRoutes(index, client, domain, port, bound)).map((route) => keepBytes(RouteSchema, route)),
    );
  };
}

function bind(virtualServices: readonly VirtualService[], { servers }: GatewayRoutes): Bindings {
  const bindings: Bindings = new Map();
  const byGateway = Map.groupBy(servers, ({ gateway: { ref } }) => `${ref.namespace}/${ref.name}`);
  const namers = gatewayNamers(virtualServices);
  const found = [...byGateway].flatMap(([name, of]) => (namers.get(name) ?? []).map((one) => ({ ...one, name, of })));
  for (const { virtualService, name, of } of found.toSorted((a, b) => a.place - b.place)) {
    for (const domain of of.flatMap(({ server }) => domainsOf(virtualService, server))) {
      const bound = getOrInsert(bindings, domain, () => new Map<VirtualService, Set<string>>());
      getOrInsert(bound, virtualService, () => new Set<string>()).add(name);
    }
  }
  return bindings;
}

/** A VirtualService and its place in the mesh's order. */
interface Namer {
  readonly virtualService: VirtualService;
  readonly place: number;
}

const namersOf = new WeakMap<readonly VirtualService[], ReadonlyMap<string, readonly Namer[]>>();

/** Who names which Gateway. A gateway with certificates for thousands of hosts asks for each of them. */
function gatewayNamers(virtualServices: readonly VirtualService[]): ReadonlyMap<string, readonly Namer[]> {
  const known = namersOf.get(virtualServices);
  if (known !== undefined) return known;
  const namers = new Map<string, Namer[]>();
  for (const [place, virtualService] of virtualServices.entries()) {
    for (const name of new Set(virtualService.gateways)) {
      getOrInsert(namers, name, () => []).push({ virtualService, place });
    }
  }
  namersOf.set(virtualServices, namers);
  return namers;
}

function domainsOf(virtualService: VirtualService, server: GatewayServer): string[] {
  return server.hosts
    .filter(({ namespace }) => namespace === "*" || namespace === virtualService.ref.namespace)
    .flatMap(({ host }) => virtualService.hosts.map((own) => intersection(host, own)))
    .filter((domain) => domain !== undefined);
}

// Istio: the catch-alls of merged VirtualServices come last, otherwise the order stays.
function ordered(routes: readonly Route[]): Route[] {
  const catchAlls = routes.filter(matchesAll);
  return [...routes.filter((route) => !matchesAll(route)), ...(catchAlls.length > 0 ? catchAlls : [notFound])];
}

function getOrInsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) {
    return found;
  }
  const made = make();
  map.set(key, made);
  return made;
}
