import type { GatewayServer, ObjectRef, Proxy, VirtualService } from "../model/types.ts";
import type { GatewayPort } from "../model/index.ts";
import { intersection } from "./host.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { TcpChain } from "./tcp-proxy.ts";
import { tcpChains, tlsChains } from "./tcp-route.ts";
import { visibleFrom } from "./visibility.ts";

/** Where a gateway hands connections on to. */
export interface GatewayTcp {
  readonly chains: readonly TcpChain[];
  readonly origins: readonly ObjectRef[];
}

/**
 * What the servers of a port do with connections that they pass on: TCP, TLS that the gateway does not end, and what
 * is inside of TLS that it does. Without a route there is no chain.
 */
export function gatewayTcp(index: MeshIndex, proxy: Proxy, { port, servers }: GatewayPort): GatewayTcp {
  const client = proxy.workload;
  const all = visibleFrom(index.mesh, client.namespace);
  const used = new Set<VirtualService>();
  const names = new Set<string>();
  const chains: TcpChain[] = [];
  const plain: TcpChain[] = [];
  for (const { gateway, server } of servers) {
    const name = `${gateway.ref.namespace}/${gateway.ref.name}`;
    const view = { index, client, gateways: new Set([name]), port };
    const bound = all.filter((one) => one.gateways.includes(name) && hostsOf(one, server).length > 0);
    if (server.tls?.mode !== "PASSTHROUGH") addDistinct(plain, tcpChains(bound, view));
    else
      for (const { targets, serverNames = [], destinations } of tlsChains(bound, view, (one, sni) =>
        served(one, server, sni),
      )) {
        const free = serverNames.filter((one) => names.size < names.add(JSON.stringify([one, destinations])).size);
        if (free.length > 0) chains.push({ targets, serverNames: free, ...(destinations && { destinations }) });
      }
    for (const one of bound) if (one.tls.length > 0 || one.tcp.length > 0) used.add(one);
  }
  const origins = [...servers.map(({ gateway }) => gateway.ref), ...[...used].map(({ ref }) => ref)];
  return { chains: [...chains, ...plain], origins };
}

/** Adds the chains for connections that none before them takes: Envoy refuses two for the same. */
function addDistinct(chains: TcpChain[], more: readonly TcpChain[]): void {
  const taken = new Set(chains.flatMap(({ destinations = [""] }) => destinations));
  for (const { targets, destinations } of more) {
    const free = (destinations ?? [""]).filter((one) => !taken.has(one));
    if (free.length > 0) chains.push(destinations === undefined ? { targets } : { targets, destinations: free });
  }
}

function hostsOf({ ref, hosts }: VirtualService, server: GatewayServer): string[] {
  return server.hosts
    .filter(({ namespace }) => namespace === "*" || namespace === ref.namespace)
    .flatMap(({ host }) => hosts.map((own) => intersection(host, own)))
    .filter((host) => host !== undefined);
}

function served(virtualService: VirtualService, server: GatewayServer, sniHost: string): string[] {
  const names = hostsOf(virtualService, server).map((host) => intersection(host, sniHost));
  return names.filter((host) => host !== undefined);
}
