import { covers, selects } from "../model/index.ts";
import type { Mesh, Proxy, ScopedHost, Service, Sidecar, VirtualService } from "../model/types.ts";
import { HostMap, intersection } from "./host.ts";
import { memo } from "./memo.ts";
import type { MeshIndex } from "./mesh-index.ts";

/** What each proxy knows of the mesh, by exportTo and by its Sidecar. */
export interface Scopes {
  /** Proxies with equal keys have the same index. */
  key(proxy: Proxy): string;
  /** The mesh as the proxy knows it. Where nothing limits it, that is the whole index itself. */
  index(proxy: Proxy): MeshIndex;
}

/** Makes the scopes of a mesh; each is made once, for all the proxies that have it. */
export function scopesOf(whole: MeshIndex): Scopes {
  const { sidecars, services, config } = whole.mesh;
  const named = new Set(services.flatMap(({ exportTo = [] }) => exportTo));
  const sidecarOf = (proxy: Proxy): Sidecar | undefined => findSidecar(sidecars, proxy, config.rootNamespace);
  const key = (proxy: Proxy): string => {
    const { namespace } = proxy.workload;
    const ref = sidecarOf(proxy)?.ref;
    const seen = named.has(namespace) ? namespace : "";
    return ref === undefined ? seen : `${seen} ${ref.namespace}/${ref.name}`;
  };
  return {
    key,
    index: memo(key, (proxy) => {
      const sidecar = sidecarOf(proxy);
      return named.size === 0 && sidecar === undefined ? whole : limited(whole, proxy.workload.namespace, sidecar);
    }),
  };
}

/** Istio: a Sidecar that picks the workload, then one of its namespace, then one of the root namespace. */
function findSidecar(sidecars: readonly Sidecar[], { kind, workload }: Proxy, root: string): Sidecar | undefined {
  if (kind !== "sidecar") return undefined;
  const own = sidecars.filter(({ ref }) => ref.namespace === workload.namespace);
  return (
    own.find((one) => !isWide(one) && selects(one.selector, workload.labels)) ??
    own.find(isWide) ??
    sidecars.find((one) => one.ref.namespace === root && isWide(one))
  );
}

function isWide({ selector }: Sidecar): boolean {
  return Object.keys(selector).length === 0;
}

function limited(whole: MeshIndex, namespace: string, sidecar: Sidecar | undefined): MeshIndex {
  const { mesh } = whole;
  const exported = whole.services.filter(({ exportTo = ["*"] }) =>
    exportTo.some((one) => one === "*" || one === namespace),
  );
  const virtualServices = inScope(mesh.virtualServices, sidecar);
  const services = reachable(exported, virtualServices, sidecar);
  const serviceByHost = new HostMap<Service>();
  for (const service of services) serviceByHost.add(service.host, service);
  return { ...whole, mesh: { ...mesh, virtualServices, config: configOf(mesh, sidecar) }, services, serviceByHost };
}

function configOf({ config }: Mesh, sidecar: Sidecar | undefined): Mesh["config"] {
  return sidecar?.outboundTraffic === undefined ? config : { ...config, outboundTraffic: sidecar.outboundTraffic };
}

function inScope(all: readonly VirtualService[], sidecar: Sidecar | undefined): readonly VirtualService[] {
  const egress = sidecar?.egress;
  if (egress === undefined) return all;
  return all.filter(({ ref, hosts }) =>
    egress.some((one) => isOf(one, ref.namespace) && hosts.some((host) => intersection(one.host, host) !== undefined)),
  );
}

// Istio: whatever a VirtualService in scope leads to is in scope too.
function reachable(
  services: readonly Service[],
  virtualServices: readonly VirtualService[],
  sidecar: Sidecar | undefined,
): readonly Service[] {
  const egress = sidecar?.egress;
  if (egress === undefined) return services;
  const led = new Set(virtualServices.flatMap(destinationsOf));
  return services.filter(
    ({ host, namespace }) => led.has(host) || egress.some((one) => isOf(one, namespace) && covers(one.host, host)),
  );
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
