import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { InboundPort, MeshConfig, Proxy, TcpPort } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { inboundHost } from "./cluster.ts";
import { listener } from "./listener.ts";
import { inboundCluster, inboundListener, tcpListener } from "./names.ts";
import { tcpAuthorizationFilters } from "./tcp-authorization.ts";
import type { OutboundTcp } from "./tcp-outbound.ts";
import { tcpChain } from "./tcp-proxy.ts";
import { tcpTelemetryFilter } from "./tcp-telemetry.ts";
import { originsOf } from "./visibility.ts";

const inboundFilters = [...tcpAuthorizationFilters, tcpTelemetryFilter("inbound")];
const outboundFilters = [tcpTelemetryFilter("outbound")];

/** Where peers reach a program that does not speak HTTP. */
export function inboundTcpResource(proxy: Proxy, inbound: InboundPort, config: MeshConfig): Resource {
  const { workload } = proxy;
  const cluster = inboundCluster(inbound.appPort, inboundHost(proxy, inbound));
  return listener({
    name: inboundListener(workload.address, inbound.listenPort),
    address: workload.address,
    port: inbound.listenPort,
    direction: TrafficDirection.INBOUND,
    filterChains: [tcpChain({ targets: [{ cluster, hashKey: undefined, weight: 1 }] }, config, inboundFilters)],
    origins: [workload.ref],
  });
}

/** Where the program of a sidecar connects to, to reach a port of a service that does not speak HTTP. */
export function outboundTcpResource(
  { workload }: Proxy,
  address: string,
  { host, port, listenPort }: TcpPort,
  { chains, service, virtualService }: OutboundTcp,
  config: MeshConfig,
): Resource {
  return listener({
    name: tcpListener(port, host),
    address,
    port: listenPort,
    direction: TrafficDirection.OUTBOUND,
    filterChains: chains.map((chain) => tcpChain(chain, config, outboundFilters)),
    origins: [workload.ref, ...(service ? [service.ref] : []), ...(virtualService ? originsOf(virtualService) : [])],
  });
}
