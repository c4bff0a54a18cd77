import { create } from "@bufbuild/protobuf";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Gateway, GatewayServer, ObjectRef, Proxy, VirtualService, Workload } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { countsAttempts } from "./fault-injections.ts";
import type { Direction } from "./filters.ts";
import { intersection } from "./host.ts";
import { isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { gatewayRoutes } from "./names.ts";
import { matchedHeaders } from "./native-headers.ts";
import { compare } from "./protobuf.ts";
import { routeResource } from "./resource.ts";
import { answerAll, matchesAll, virtualServiceRoutes } from "./route.ts";
import { routeConfiguration } from "./route-configuration.ts";

/** All that listens on one port of a gateway. */
export interface GatewayPort {
  readonly port: number;
  readonly servers: readonly { readonly gateway: Gateway; readonly server: GatewayServer }[];
}

/** The HTTP ports of a gateway, ascending; servers of one port are merged, whatever Gateway they are in. */
export function gatewayPorts({ gateways }: Proxy): readonly GatewayPort[] {
  const servers = gateways
    .flatMap((gateway) => gateway.servers.map((server) => ({ gateway, server })))
    .filter(({ server }) => isHttp(server.port.protocol));
  return [...Map.groupBy(servers, ({ server }) => server.port.number)]
    .map(([port, ofPort]) => ({ port, servers: ofPort }))
    .toSorted((a, b) => a.port - b.port);
}

/** The routes of a gateway's port: of all VirtualServices that bind to a server of it, merged by host. */
export function gatewayRouteResource(
  index: MeshIndex,
  proxy: Proxy,
  gatewayPort: GatewayPort,
  policies: Direction | undefined,
  origins: readonly ObjectRef[],
  on: readonly string[] = [],
): Resource {
  const bindings = bind(index.mesh.virtualServices, gatewayPort);
  const virtualHosts = [...bindings]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([domain, bound]) =>
      create(VirtualHostSchema, {
        name: `${domain}:${gatewayPort.port}`,
        domains: [domain],
        routes: ordered(boundRoutes(index, proxy.workload, domain, gatewayPort.port, bound)),
        includeRequestAttemptCount: countsAttempts(index.mesh.faultInjections),
      }),
    );
  const message = routeConfiguration({
    name: gatewayRoutes(gatewayPort.port),
    virtualHosts: bindings.has("*") ? virtualHosts : [...virtualHosts, nothing],
    policies,
    on,
    ignorePort: true,
  });
  return routeResource(message, [
    ...gatewayPort.servers.map(({ gateway }) => gateway.ref),
    ...[...bindings.values()].flatMap((bound) => [...bound.keys()].map(({ ref }) => ref)),
    ...origins,
  ]);
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

function bind(virtualServices: readonly VirtualService[], { servers }: GatewayPort): Bindings {
  const bindings: Bindings = new Map();
  for (const virtualService of virtualServices) {
    for (const { gateway, server } of servers) {
      const name = `${gateway.ref.namespace}/${gateway.ref.name}`;
      const domains = virtualService.gateways.includes(name) ? domainsOf(virtualService, server) : [];
      for (const domain of domains) {
        const bound = getOrInsert(bindings, domain, () => new Map<VirtualService, Set<string>>());
        getOrInsert(bound, virtualService, () => new Set<string>()).add(name);
      }
    }
  }
  return bindings;
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
