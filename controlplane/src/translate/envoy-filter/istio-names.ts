import type { InboundPort, Proxy, Service } from "../../model/types.ts";
import { DIRECTIONS, filterName } from "../filters.ts";
import { isHttp } from "../mesh-index.ts";
import { gatewayTlsRoutes, inboundListener, inboundRoutes, outbound, tcpListener } from "../names.ts";

/**
 * What Istio would call our resources. Its names are an interface: patches look for them. Where one of ours does the work
 * of several of Istio's, it has all of their names.
 */

/** Where the listeners of Istio's sidecars are that take what is captured. */
const CAPTURED = { inbound: 15_006, outbound: 15_001 } as const;

export interface ListenerNames {
  readonly names: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
  /** Of chains that Istio would tell apart by it: the program's port. */
  readonly destinationPort?: number;
}

/** Of a listener by our name and its port. */
export function listenerNames(
  proxy: Proxy,
  services: readonly Service[],
  { name, port }: { readonly name: string; readonly port: number },
): ListenerNames {
  if (proxy.kind === "gateway") return { names: new Set([name, everywhere(port)]), ports: new Set([port]) };
  const inbound = proxy.inbound.find(({ listenPort }) => inboundListener(proxy.workload.address, listenPort) === name);
  if (inbound !== undefined) return inboundNames(name, inbound);
  if (name === outbound) return outboundNames(name, services, port);
  const tcp = proxy.tcp?.find((one) => tcpListener(one.port, one.host) === name);
  if (tcp === undefined) return { names: new Set([name, ownName(name)]), ports: new Set([port]) };
  const { addresses = [] } = services.find(({ host }) => host === tcp.host) ?? {};
  const names = [name, everywhere(tcp.port), ...addresses.map((address) => `${address}_${tcp.port}`)];
  return { names: new Set(names), ports: new Set([tcp.port, port]) };
}

/** Of a listener of a Sidecar's own Istio says but the place. */
function ownName(name: string): string {
  return name.slice(name.indexOf("|") + 1);
}

function inboundNames(name: string, { appPort, listenPort }: InboundPort): ListenerNames {
  return {
    names: new Set([name, "virtualInbound"]),
    ports: new Set([appPort, listenPort, CAPTURED.inbound]),
    destinationPort: appPort,
  };
}

/** Istio has a listener for each port, and one before them all. */
function outboundNames(name: string, services: readonly Service[], port: number): ListenerNames {
  const ports = httpPorts(services);
  const names = [name, "virtualOutbound", ...[...ports].map(everywhere)];
  return { names: new Set(names), ports: new Set([...ports, port, CAPTURED.outbound]) };
}

/** Of all that a proxy knows, which most proxies know alike. */
function httpPorts(services: readonly Service[]): ReadonlySet<number> {
  let ports = portsOf.get(services);
  if (ports === undefined) {
    const all = services.flatMap((service) => service.ports.filter(({ protocol }) => isHttp(protocol)));
    portsOf.set(services, (ports = new Set(all.map(({ number }) => number))));
  }
  return ports;
}

const portsOf = new WeakMap<readonly Service[], ReadonlySet<number>>();

function everywhere(port: number): string {
  return `0.0.0.0_${port}`;
}

export interface RouteNames {
  readonly names: ReadonlySet<string>;
  /** Absent: a port is that of each virtual host. */
  readonly port?: number;
  readonly portName?: string;
  /** "namespace/name" */
  readonly gateway?: string;
  /** Of its one virtual host. */
  readonly virtualHost?: string;
}

/** Of a route configuration by our name. */
export function routeNames(proxy: Proxy, name: string): RouteNames {
  if (proxy.kind === "gateway") return gatewayRouteNames(proxy, name);
  const inbound = proxy.inbound.find(({ listenPort }) => inboundRoutes(listenPort) === name);
  if (inbound === undefined) return { names: new Set([name]) };
  const { appPort } = inbound;
  return {
    names: new Set([name, `inbound|${appPort}||`]),
    port: appPort,
    virtualHost: `inbound|http|${appPort}`,
  };
}

function gatewayRouteNames({ gateways }: Proxy, name: string): RouteNames {
  for (const { ref, servers } of gateways) {
    const server = servers.find(({ port }) => gatewayTlsRoutes(port.number, port.name, ref) === name);
    if (server === undefined) continue;
    const { number, name: portName } = server.port;
    return { names: new Set([name]), port: number, portName, gateway: `${ref.namespace}/${ref.name}` };
  }
  const port = Number(/^http\.(\d+)/.exec(name)?.[1]);
  return { names: new Set([name]), ...(Number.isNaN(port) ? {} : { port }) };
}

/** The port that Istio's name for the routes of a sidecar is, by the name of a virtual host in ours ("host:port"). */
export function portOfVirtualHost(name: string): number | undefined {
  const port = /:(\d+)$/.exec(name)?.[1];
  return port === undefined ? undefined : Number(port);
}

export interface ClusterNames {
  readonly names: ReadonlySet<string>;
  readonly port?: number;
  readonly subset?: string;
  readonly service?: string;
}

/** Of a cluster by our name. Inbound clusters of Istio do not name the service. */
export function clusterNames(name: string): ClusterNames {
  const [direction, port = "", subset, service, ...rest] = name.split("|");
  if (subset === undefined || service === undefined || rest.length > 0) return { names: new Set([name]) };
  const names = new Set(direction === "inbound" ? [name, `inbound|${port}||`] : [name]);
  return { names, port: Number(port), subset, service };
}

/** Filters of Istio whose work one of ours does: by their names a place in a chain may be meant. */
const DONE_BY_POLICIES: ReadonlySet<string> = new Set([
  "envoy.filters.http.rbac",
  "envoy.filters.http.fault",
  "envoy.filters.http.jwt_authn",
  "envoy.filters.http.ext_authz",
  "istio_authn",
  "istio.stats",
  "istio.metadata_exchange",
  "istio.alpn",
]);

/** The same of those that have a filter of their own where there is something for them to do. */
const DONE_BY_OTHERS: Readonly<Record<string, string>> = {
  "envoy.filters.http.jwt_authn": "sluice.tokens",
  istio_authn: "sluice.tokens",
  "envoy.filters.http.ext_authz": "sluice.custom.",
};

/** Whether one of our HTTP filters stands where Istio has the one of that name. */
export function standsForHttpFilter(name: string, istio: string): boolean {
  const other = DONE_BY_OTHERS[istio];
  return (other !== undefined && name.startsWith(other)) || (DONE_BY_POLICIES.has(istio) && POLICIES.includes(name));
}

const POLICIES: readonly string[] = DIRECTIONS.map(filterName);
