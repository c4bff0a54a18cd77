import { covers, providerHosts, sidecarFor } from "../model/index.ts";
import type { Mesh, Proxy, ScopedHost, Service, Sidecar, VirtualService } from "../model/types.ts";
import { HostMap, intersection } from "./host.ts";
import { memo } from "./memo.ts";
import type { MeshIndex } from "./mesh-index.ts";

/** What each proxy knows of the mesh, by exportTo and by its Sidecar. */
export interface Scopes {
  /** Proxies with equal keys have the same scope. */
  key(proxy: Proxy): string;
  /** The mesh as the proxy knows it. Where nothing limits it, that is the whole index itself. */
  index(proxy: Proxy): MeshIndex;
  /** What of it a sidecar's one outbound listener leads to: all but what is for listeners of a Sidecar's own. */
  main(proxy: Proxy): MeshIndex;
  /** The listeners of a Sidecar's own, each with what it leads to. */
  listeners(proxy: Proxy): readonly EgressScope[];
  sidecar(proxy: Proxy): Sidecar | undefined;
}

type EgressListener = NonNullable<Sidecar["listeners"]>[number];

/** A listener, and the hosts that it knows, with no port but the listener's own. */
export interface EgressScope {
  readonly listener: EgressListener;
  readonly index: MeshIndex;
}

interface Scope {
  readonly index: MeshIndex;
  readonly main: MeshIndex;
  readonly listeners: readonly EgressScope[];
}

/** Makes the scopes of a mesh; each is made once, for all the proxies that have it. */
export function scopesOf(whole: MeshIndex): Scopes {
  const { sidecars, services, config } = whole.mesh;
  const named = new Set(services.flatMap(({ exportTo = [] }) => exportTo));
  const isLimited = services.some(({ exportTo = ["*"] }) => !exportTo.includes("*"));
  const sidecar = ({ kind, workload }: Proxy): Sidecar | undefined =>
    kind === "sidecar" ? sidecarFor(sidecars, workload, config.rootNamespace) : undefined;
  const key = (proxy: Proxy): string => {
    const { namespace } = proxy.workload;
    const ref = sidecar(proxy)?.ref;
    const seen = named.has(namespace) ? namespace : "";
    return ref === undefined ? seen : `${seen} ${ref.namespace}/${ref.name}`;
  };
  const scopeOf = memo(key, (proxy: Proxy): Scope => {
    const limit = sidecar(proxy);
    if (!isLimited && limit === undefined) return { index: whole, main: whole, listeners: [] };
    return scope(whole, proxy.workload.namespace, limit);
  });
  return {
    key,
    sidecar,
    index: (proxy) => scopeOf(proxy).index,
    main: (proxy) => scopeOf(proxy).main,
    listeners: (proxy) => scopeOf(proxy).listeners,
  };
}

function scope(whole: MeshIndex, namespace: string, sidecar: Sidecar | undefined): Scope {
  const { mesh } = whole;
  const seen = whole.services.filter(({ exportTo = ["*"] }) =>
    exportTo.some((one) => one === "*" || one === namespace),
  );
  const known = { ...whole, mesh: { ...mesh, config: configOf(mesh, sidecar) }, services: seen };
  const main = limited(known, sidecar?.egress);
  const listeners = (sidecar?.listeners ?? []).map((listener) => ({
    listener,
    index: atPort(limited(known, listener.hosts), listener),
  }));
  return {
    index: listeners.length === 0 ? main : union(known, [main, ...listeners.map(({ index }) => index)]),
    main,
    listeners,
  };
}

/** The services that any of the listeners leads to, with all their ports. */
function union(known: MeshIndex, parts: readonly MeshIndex[]): MeshIndex {
  const hosts = new Set(parts.flatMap(({ services }) => services.map(({ host }) => host)));
  const virtualServices = new Set(parts.flatMap(({ mesh }) => mesh.virtualServices));
  return indexed(
    known,
    known.services.filter(({ host }) => hosts.has(host)),
    known.mesh.virtualServices.filter((one) => virtualServices.has(one)),
  );
}

function indexed(
  known: MeshIndex,
  services: readonly Service[],
  virtualServices: readonly VirtualService[],
): MeshIndex {
  const serviceByHost = new HostMap<Service>();
  for (const service of services) serviceByHost.add(service.host, service);
  return { ...known, mesh: { ...known.mesh, virtualServices }, services, serviceByHost };
}

// A listener of an HTTP proxy is for all ports, by what the request names.
function atPort(index: MeshIndex, { protocol, port }: EgressListener): MeshIndex {
  if (protocol === "HTTP_PROXY" || port === 0) return index;
  const services = index.services.flatMap((service) => {
    const ports = service.ports.filter(({ number }) => number === port);
    return ports.length > 0 ? [{ ...service, ports }] : [];
  });
  // Routes may lead to other ports.
  return { ...index, services };
}

function configOf({ config }: Mesh, sidecar: Sidecar | undefined): Mesh["config"] {
  if (sidecar?.outbound === undefined) return config;
  const { egressProxy: _, outboundTls: __, ...rest } = config;
  const { mode, egressProxy } = sidecar.outbound;
  return { ...rest, outboundTraffic: mode, ...(egressProxy && { egressProxy }) };
}

function limited(known: MeshIndex, egress: readonly ScopedHost[] | undefined): MeshIndex {
  const virtualServices = inScope(known.mesh.virtualServices, egress);
  return indexed(known, reachable(known, virtualServices, egress), virtualServices);
}

function inScope(all: readonly VirtualService[], egress: readonly ScopedHost[] | undefined): readonly VirtualService[] {
  if (egress === undefined) return all;
  const [taken, given] = parted(egress);
  return all.filter(
    ({ ref, hosts }) =>
      given.some(
        (one) => isOf(one, ref.namespace) && hosts.some((host) => intersection(one.host, host) !== undefined),
      ) && !taken.some((one) => isOf(one, ref.namespace) && hosts.every((host) => covers(one.host, host))),
  );
}

// Istio: whatever a VirtualService in scope leads to is in scope too, and so are the mesh's providers.
function reachable(
  { services, mesh: { config } }: MeshIndex,
  virtualServices: readonly VirtualService[],
  egress: readonly ScopedHost[] | undefined,
): readonly Service[] {
  if (egress === undefined) return services;
  const [taken, given] = parted(egress);
  const led = new Set(virtualServices.flatMap(destinationsOf));
  if (config.egressProxy !== undefined) led.add(config.egressProxy.host);
  for (const host of providerHosts(config)) led.add(host);
  return services.filter(({ host, namespace }) => {
    const isNamed = (one: ScopedHost): boolean => isOf(one, namespace) && covers(one.host, host);
    return led.has(host) || (given.some(isNamed) && !taken.some(isNamed));
  });
}

function parted(egress: readonly ScopedHost[]): [taken: readonly ScopedHost[], given: readonly ScopedHost[]] {
  return [egress.filter(({ isExcluded }) => isExcluded), egress.filter(({ isExcluded }) => !isExcluded)];
}

function destinationsOf({ http, tls, tcp }: VirtualService): string[] {
  const routes = [
    ...http.flatMap(({ route, mirrors }) => [...route, ...mirrors]),
    ...[...tls, ...tcp].flatMap(({ route }) => route),
  ];
  return routes.map(({ destination }) => destination.host);
}

function isOf({ namespace }: ScopedHost, of: string): boolean {
  return namespace === "*" || namespace === of;
}
