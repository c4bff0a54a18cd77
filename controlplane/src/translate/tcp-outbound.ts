import type { Protocol, Service, TcpPort, VirtualService, Workload } from "../model/types.ts";
import { resolve } from "./destination.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { TcpChain } from "./tcp-proxy.ts";
import { tcpTargets, tlsChains } from "./tcp-route.ts";
import { meshGateway } from "./view.ts";

const gateways: ReadonlySet<string> = new Set([meshGateway]);

/** What becomes of connections to a sidecar's port for a service, and the VirtualService that says so, if one does. */
export interface OutboundTcp {
  readonly chains: readonly TcpChain[];
  readonly service: Service | undefined;
  readonly protocol: Protocol | undefined;
  readonly virtualService: VirtualService | undefined;
}

/**
 * Connections go where the VirtualService of the host says, and to the service itself where that says nothing for the
 * port. With TLS routes for a port that speaks TLS, a server name that none of them knows is refused, as in Istio.
 */
export function outboundTcp(
  index: MeshIndex,
  client: Workload,
  bound: VirtualService | undefined,
  { host, port }: Pick<TcpPort, "host" | "port">,
): OutboundTcp {
  const service = index.serviceByHost.own(host);
  // A program asks for the service, and so for any of the addresses by which it is known.
  const view = { index, client, gateways, port, addresses: service?.addresses ?? [] };
  const protocol = service?.ports.find(({ number }) => number === port)?.protocol;
  const virtualServices = bound ? [bound] : [];
  const byName = tlsChains(virtualServices, view, (_, sniHost) => [sniHost]);
  const plain = tcpTargets(virtualServices, view);
  const target = resolve({ host, port }, view);
  // A service for a whole domain is found by the name of the client's hello, and by nothing else.
  const onward = { targets: [{ ...target, weight: 1 }], ...(target.resolved ? { serverNames: [host] } : {}) };
  const rest = byName.length > 0 && protocol !== "TCP" && plain === undefined ? [] : [plain ?? onward];
  const isUsed = byName.length > 0 || plain !== undefined;
  return { chains: [...byName, ...rest], service, protocol, virtualService: isUsed ? bound : undefined };
}
