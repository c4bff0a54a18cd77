import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { EgressListener, InboundPort, MeshConfig, ObjectRef, Proxy, TcpPort } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { inboundHost } from "./inbound-cluster.ts";
import { inboundListenerOf, listener } from "./listener.ts";
import { egressListener, inboundCluster, tcpListener } from "./names.ts";
import { tcpAuthorizationFilters } from "./tcp-authorization.ts";
import type { OutboundTcp } from "./tcp-outbound.ts";
import { tcpChain } from "./tcp-proxy.ts";
import type { TcpSurroundings } from "./tcp-proxy.ts";
import { tcpTelemetryFilter } from "./tcp-telemetry.ts";
import { originsOf } from "./visibility.ts";

const inboundFilters = [...tcpAuthorizationFilters, tcpTelemetryFilter("inbound")];
const outboundFilters = [tcpTelemetryFilter("outbound")];

type Log = TcpSurroundings["log"];

/** Where peers reach a program that does not speak HTTP. */
export function inboundTcpResource(
  proxy: Proxy,
  inbound: InboundPort,
  config: MeshConfig,
  asking: readonly Filter[] = [],
  log?: Log,
): Resource {
  const cluster = inboundCluster(inbound.appPort, inboundHost(proxy, inbound));
  const chain = tcpChain({ targets: [{ cluster, hashKey: undefined, weight: 1 }] }, config, {
    before: [...asking, ...inboundFilters],
    log,
  });
  return inboundListenerOf(proxy, inbound, [], chain);
}

/**
 * A listener of a Sidecar's own for services that do not speak HTTP. The first service takes what none of the others is
 * told apart by, which is the server name of a client's hello.
 */
export function egressTcpResource(
  { workload }: Proxy,
  { bind, port }: EgressListener,
  services: readonly OutboundTcp[],
  config: MeshConfig,
  log?: Log,
): Resource | undefined {
  const taken = new Set<string>();
  const chains = services.flatMap(({ chains: own, service, protocol }) =>
    own
      .map((chain) =>
        chain.serverNames === undefined && protocol !== "TCP" && services.length > 1 && service !== undefined
          ? { ...chain, serverNames: [service.host] }
          : chain,
      )
      .filter(({ serverNames, destinations }) => {
        const key = JSON.stringify([serverNames, destinations]);
        return taken.size < taken.add(key).size;
      }),
  );
  if (chains.length === 0) return undefined;
  return listener({
    name: egressListener(bind, port),
    address: bind,
    port,
    direction: TrafficDirection.OUTBOUND,
    filterChains: chains.map((chain) => tcpChain(chain, config, { before: outboundFilters, log })),
    origins: [workload.ref, ...services.flatMap(originsOfService)],
  });
}

function originsOfService({ service, virtualService }: OutboundTcp): readonly ObjectRef[] {
  return [...(service ? [service.ref] : []), ...(virtualService ? originsOf(virtualService) : [])];
}

/** Where the program of a sidecar connects to, to reach a port of a service that does not speak HTTP. */
export function outboundTcpResource(
  { workload }: Proxy,
  address: string,
  { host, port, listenPort }: TcpPort,
  to: OutboundTcp,
  config: MeshConfig,
  log?: Log,
): Resource {
  return listener({
    name: tcpListener(port, host),
    address,
    port: listenPort,
    direction: TrafficDirection.OUTBOUND,
    filterChains: to.chains.map((chain) => tcpChain(chain, config, { before: outboundFilters, log })),
    origins: [workload.ref, ...originsOfService(to)],
  });
}
