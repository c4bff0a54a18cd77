import type { Any } from "@bufbuild/protobuf/wkt";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route, VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Service, VirtualService, Workload } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { connectTo } from "./connect.ts";
import { create } from "./create.ts";
import { resolve } from "./destination.ts";
import { Domains, shortNames } from "./domains.ts";
import type { Direction } from "./filters.ts";
import { isWildcard } from "../model/index.ts";
import { allowAny, allowBy, isResolvedByRequest, resolveHosts } from "./forward-proxy.ts";
import { translateGrpcWeb } from "./grpc-web.ts";
import { HostMap } from "./host.ts";
import { isHttp, distinctPorts } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { outbound } from "./names.ts";
import { answerAll, defaultRoute, matchesAll, virtualServiceRoutes } from "./route.ts";
import { routesOf } from "./route-configuration.ts";
import { tcpTargets } from "./tcp-route.ts";
import { meshGateway } from "./view.ts";
import type { RouteView } from "./view.ts";
import { virtualHost } from "./virtual-host.ts";
import { originsOf, visibleFrom } from "./visibility.ts";

/** Port of the hosts that only VirtualServices speak of, as in Istio. */
const unregisteredPort = 80;
const gateways: ReadonlySet<string> = new Set([meshGateway]);

interface HostPort {
  readonly host: string;
  readonly port: number;
  /** Whether the host without a port means this one. */
  readonly main: boolean;
  readonly routes: readonly Route[];
  /** Virtual addresses, by which the host may be asked for as well. */
  readonly addresses?: readonly string[];
  /** What Envoy's own filters do for it. */
  readonly filters?: Readonly<Record<string, Any>>;
}

/** Which listener the routes are for: absent, the one outbound listener. `port` is the only one that it is for. */
export interface RouteListener {
  readonly name: string;
  readonly port?: number;
}

/** The routes of one of a sidecar's listeners: a virtual host for each HTTP port of each service that it leads to. */
export function outboundRouteResource(
  index: MeshIndex,
  client: Workload,
  policies: Direction | undefined,
  { name, port }: RouteListener = { name: outbound },
): Resource {
  const bindings = bindMesh(visibleFrom(index.mesh, client.namespace));
  const known = index.services.map((service) => ({ service, binding: bindings.find(service.host) }));
  const used = new Set(known.flatMap(({ binding }) => (binding ? [binding] : [])));
  // A wildcard that services were found for stands for those and for nothing else.
  const others = bindings
    .values()
    .filter(({ host }) => !index.serviceByHost.own(host))
    .filter((binding) => !(isWildcard(binding.host) && used.has(binding)));
  const hosts = [
    ...known.flatMap(({ service, binding }) => serviceHosts(index, client, service, binding)),
    ...(port === undefined || port === unregisteredPort ? others : []).flatMap((binding) =>
      otherHost(index, client, binding),
    ),
  ];
  const options = {
    name,
    virtualHosts: withRest(virtualHosts(index, hosts, client.namespace), index, client),
    policies,
  };
  const virtualServices = [...used, ...others].map((binding) => binding.virtualService);
  return routesOf(index, options, [...index.services.map(({ ref }) => ref), ...virtualServices.flatMap(originsOf)]);
}

// Istio's answer for hosts outside of the registry where it does not let them pass (REGISTRY_ONLY).
const blockAll = create(VirtualHostSchema, {
  name: "block_all",
  domains: ["*"],
  routes: [answerAll("block_all", 502)],
});
const notFound = answerAll("not_found", 404);

// A VirtualService for every host leaves nothing over.
function withRest(known: readonly VirtualHost[], index: MeshIndex, client: Workload): readonly VirtualHost[] {
  if (known.some(({ domains }) => domains.includes("*"))) return known;
  const { outboundTraffic, egressProxy } = index.mesh.config;
  if (outboundTraffic !== "ALLOW_ANY") return [...known, blockAll];
  if (egressProxy === undefined) return [...known, allowAny];
  const { cluster } = resolve(egressProxy, { index, client, gateways, port: unregisteredPort });
  return [...known, allowBy(cluster)];
}

/** A VirtualService by one of its hosts. */
export interface Binding {
  readonly host: string;
  readonly virtualService: VirtualService;
}

/** Of two VirtualServices with one host only the first counts in the mesh (at a gateway they are merged). */
export function bindMesh(virtualServices: readonly VirtualService[]): HostMap<Binding> {
  const bindings = new HostMap<Binding>();
  for (const virtualService of virtualServices.filter(({ gateways: names }) => names.includes(meshGateway))) {
    for (const host of virtualService.hosts) {
      bindings.add(host, { host, virtualService });
    }
  }
  return bindings;
}

function serviceHosts(index: MeshIndex, client: Workload, service: Service, binding: Binding | undefined): HostPort[] {
  const ports = distinctPorts(service);
  const speakHttp = ports.filter(({ protocol }) => isHttp(protocol));
  const main = speakHttp.find(({ number }) => number === 80) ?? speakHttp[0];
  return ports.map((port) => {
    const view = { index, client, gateways, host: service.host, port: port.number };
    if (!isHttp(port.protocol)) return connectHost(service.host, view, binding);
    const routes = binding ? virtualServiceRoutes(binding.virtualService, view) : [];
    return {
      host: service.host,
      port: port.number,
      main: port === main,
      // A range of addresses is none that could be asked for.
      addresses: (service.addresses ?? []).filter((address) => !address.includes("/")),
      filters: {
        ...(isResolvedByRequest(service) ? resolveHosts : {}),
        ...(port.grpcWeb === true ? translateGrpcWeb : {}),
      },
      routes: routes.length > 0 ? withNotFound(routes) : [defaultRoute(service.host, view)],
    };
  });
}

/** A port that does not speak HTTP can be had by a CONNECT to it, as from any HTTP proxy. */
function connectHost(host: string, view: RouteView, binding: Binding | undefined): HostPort {
  const { port } = view;
  const routed = tcpTargets(binding ? [binding.virtualService] : [], view)?.targets;
  const targets = routed ?? [{ ...resolve({ host, port }, view), weight: 1 }];
  return { host, port, main: false, routes: [connectTo(targets), notFound] };
}

function otherHost(index: MeshIndex, client: Workload, { host, virtualService }: Binding): HostPort[] {
  const routes = virtualServiceRoutes(virtualService, { index, client, gateways, host, port: unregisteredPort });
  return routes.length > 0 ? [{ host, port: unregisteredPort, main: true, routes: withNotFound(routes) }] : [];
}

// What no route of a VirtualService matches is not found; it never falls back to the service itself.
function withNotFound(routes: readonly Route[]): readonly Route[] {
  return routes.some(matchesAll) ? routes : [...routes, notFound];
}

// An IPv6 address stands in brackets, as in a URL.
function inUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function virtualHosts(index: MeshIndex, hosts: readonly HostPort[], namespace: string): VirtualHost[] {
  const domains = new Domains();
  const claimed = hosts.map(
    (host) => [host, domains.claim([host.host, ...(host.addresses ?? []).map(inUrl)], host)] as const,
  );
  // Short names come after all full ones, which they must never take anything from.
  return claimed
    .map(([host, own]) => [host, [...own, ...domains.claim(shortNames(host.host, namespace), host)]] as const)
    .filter(([, names]) => names.length > 0)
    .map(([{ host, port, routes, filters = {} }, names]) =>
      virtualHost(index, undefined, { name: `${host}:${port}`, domains: names, routes, filters }),
    );
}
