import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { FilterChain, ListenerFilter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { InboundPort, MeshConfig, ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { directPeer } from "./direct-peer.ts";
import { socketAddress } from "./endpoint.ts";
import { forwardProxyFilter, mayResolve } from "./forward-proxy.ts";
import { connectionManager } from "./http-connection-manager.ts";
import type { ConnectionManagerOptions } from "./http-connection-manager.ts";
import { grpcWebFilter, grpcWebFor } from "./grpc-web.ts";
import { inboundListener, inboundRoutes, outbound } from "./names.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { HttpObservation } from "./observation.ts";
import { peerOf } from "./peer.ts";
import { pack } from "./protobuf.ts";
import { serverSocket } from "./server-tls.ts";
import { listenerResource } from "./resource.ts";
import { tlsInspector } from "./tls-inspector.ts";

export interface ListenerSpec {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: TrafficDirection;
  readonly filterChains: readonly FilterChain[];
  readonly origins: readonly ObjectRef[];
  /** Read before anything else of a connection. */
  readonly listenerFilters?: readonly ListenerFilter[];
}

/** Where peers reach the program of a sidecar. */
export function inboundListenerResource(
  proxy: Proxy,
  inbound: InboundPort,
  config: MeshConfig,
  before: readonly HttpFilter[] = [],
  observation: HttpObservation = {},
): Resource {
  const { listenPort, ingress } = inbound;
  return inboundListenerOf(
    proxy,
    inbound,
    ["h2", "http/1.1"],
    httpChain({
      statPrefix: `inbound_${listenPort}`,
      routes: inboundRoutes(listenPort),
      direction: "inbound",
      edge: false,
      knowsClients: ingress?.tls !== undefined,
      config,
      before,
      moreFilters: (ingress ?? inbound.service?.port)?.grpcWeb === true ? [grpcWebFilter] : [],
      observation,
    }),
  );
}

/** A sidecar's listener for a port of its program, with the place and the TLS that a Sidecar says. */
export function inboundListenerOf(
  { workload }: Proxy,
  { listenPort, ingress }: InboundPort,
  alpn: readonly string[],
  chain: FilterChain,
): Resource {
  const address = ingress?.bind ?? workload.address;
  return listener({
    name: inboundListener(address, listenPort),
    address,
    port: listenPort,
    direction: TrafficDirection.INBOUND,
    filterChains: [ingress?.tls === undefined ? chain : { ...chain, transportSocket: serverSocket(ingress.tls, alpn) }],
    origins: [workload.ref],
  });
}

/** Where the program of a sidecar sends its requests, by Host header or as to an HTTP proxy; `name` is its routes', too. */
export function outboundListenerResource(
  { workload }: Proxy,
  { address, port }: NonNullable<Proxy["outbound"]>,
  { mesh: { config }, services }: MeshIndex,
  observation: HttpObservation = {},
  name: string = outbound,
): Resource {
  const resolves = config.outboundTraffic === "ALLOW_ANY" || mayResolve(services);
  const moreFilters = [...grpcWebFor(services), ...(resolves ? [forwardProxyFilter] : [])];
  return listener({
    name,
    address,
    port,
    direction: TrafficDirection.OUTBOUND,
    filterChains: [
      httpChain({
        statPrefix: name,
        routes: name,
        direction: "outbound",
        edge: false,
        peer: peerOf(workload),
        config,
        moreFilters,
        observation,
      }),
    ],
    origins: [workload.ref],
  });
}

/** A filter chain whose requests are routed. */
export function httpChain(options: ConnectionManagerOptions): FilterChain {
  return create(FilterChainSchema, {
    filters: [
      directPeer,
      {
        name: "envoy.filters.network.http_connection_manager",
        configType: {
          case: "typedConfig",
          value: pack(HttpConnectionManagerSchema, connectionManager(options)),
        },
      },
    ],
  });
}

// A connection whose server speaks first would wait for a hello that never comes, so only where one is looked at.
function speaksTls({ filterChainMatch: match, transportSocket }: FilterChain): boolean {
  const asksForName = match !== undefined && (match.serverNames.length > 0 || match.transportProtocol !== "");
  return asksForName || transportSocket !== undefined;
}

/** A listener; what differs between its kinds is its place, its direction and its filter chains. */
export function listener({ name, address, port, direction, filterChains, origins, ...more }: ListenerSpec): Resource {
  const { listenerFilters = [] } = more;
  const message = create(ListenerSchema, {
    name,
    address: socketAddress(address, port),
    trafficDirection: direction,
    // With SO_REUSEPORT a second Envoy on the port would take half of the connections in silence; without it, it is
    // refused and says so.
    enableReusePort: false,
    filterChains: [...filterChains],
    listenerFilters: [...listenerFilters, ...(filterChains.some(speaksTls) ? [tlsInspector] : [])],
  });
  return listenerResource(message, origins);
}
