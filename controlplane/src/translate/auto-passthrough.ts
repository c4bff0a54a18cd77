import { covers } from "../model/index.ts";
import type { GatewayServer, Proxy, Service } from "../model/types.ts";
import { distinctPorts } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { outboundServerName } from "./names.ts";
import type { TcpChain } from "./tcp-proxy.ts";

type ServerHost = GatewayServer["hosts"][number];

/** Hosts of the AUTO_PASSTHROUGH servers of a proxy. */
export function passedHosts({ gateways }: Pick<Proxy, "gateways">): readonly ServerHost[] {
  const servers = gateways.flatMap((gateway) => gateway.servers).filter(isAutomatic);
  return servers.flatMap(({ hosts }) => hosts);
}

export function isAutomatic({ tls }: GatewayServer): boolean {
  return tls?.mode === "PASSTHROUGH" && tls.auto === true;
}

/** Istio: only to services of the mesh itself. */
export function isPassed({ host, namespace, location }: Service, hosts: readonly ServerHost[]): boolean {
  const serves = (one: ServerHost): boolean =>
    (one.namespace === "*" || one.namespace === namespace) && covers(one.host, host);
  return location === "MESH_INTERNAL" && hosts.some(serves);
}

/**
 * AUTO_PASSTHROUGH: clients by ISTIO_MUTUAL ask for a service's port and subset by the name of their cluster, and are
 * passed on to it as they are, without a VirtualService.
 */
export function passedChains(index: MeshIndex, proxy: Proxy, servers: readonly GatewayServer[]): readonly TcpChain[] {
  const hosts = servers.flatMap((server) => server.hosts);
  const passed = hosts.length === 0 ? [] : index.services.filter((service) => isPassed(service, hosts));
  return passed.flatMap((service) => {
    const subsets = ["", ...(index.rules.find(proxy.workload, service)?.subsets ?? []).map(({ name }) => name)];
    return distinctPorts(service).flatMap(({ number }) =>
      subsets.map((subset): TcpChain => {
        const name = outboundServerName(number, subset, service.host);
        return { targets: [{ cluster: name, hashKey: undefined, weight: 1 }], serverNames: [name] };
      }),
    );
  });
}
