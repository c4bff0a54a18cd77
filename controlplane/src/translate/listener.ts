import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { FilterChain } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { InboundPort, MeshConfig, ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { directPeer } from "./direct-peer.ts";
import { socketAddress } from "./endpoint.ts";
import { forwardProxyFilter, isResolvedByRequest } from "./forward-proxy.ts";
import { connectionManager } from "./http-connection-manager.ts";
import type { ConnectionManagerOptions } from "./http-connection-manager.ts";
import { inboundListener, inboundRoutes, outbound } from "./names.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { Observation } from "./observation.ts";
import { peerOf } from "./peer.ts";
import { pack } from "./protobuf.ts";
import { listenerResource } from "./resource.ts";
import { tlsInspector } from "./tls-inspector.ts";

export interface ListenerSpec {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: TrafficDirection;
  readonly filterChains: readonly FilterChain[];
  readonly origins: readonly ObjectRef[];
}

/** Where peers reach the program of a sidecar. */
export function inboundListenerResource(
  { workload }: Proxy,
  { listenPort }: InboundPort,
  config: MeshConfig,
  before: readonly HttpFilter[] = [],
  observation: Observation = {},
): Resource {
  return listener({
    name: inboundListener(workload.address, listenPort),
    address: workload.address,
    port: listenPort,
    direction: TrafficDirection.INBOUND,
    filterChains: [
      httpChain({
        statPrefix: `inbound_${listenPort}`,
        routes: inboundRoutes(listenPort),
        direction: "inbound",
        edge: false,
        config,
        before,
        observation,
      }),
    ],
    origins: [workload.ref],
  });
}

/** Where the program of a sidecar sends its requests, by Host header or as to an HTTP proxy. */
export function outboundListenerResource(
  { workload }: Proxy,
  { address, port }: NonNullable<Proxy["outbound"]>,
  { mesh: { config }, services }: MeshIndex,
  observation: Observation = {},
): Resource {
  const resolves = config.outboundTraffic === "ALLOW_ANY" || services.some(isResolvedByRequest);
  const moreFilters = resolves ? [forwardProxyFilter] : [];
  return listener({
    name: outbound,
    address,
    port,
    direction: TrafficDirection.OUTBOUND,
    filterChains: [
      httpChain({
        statPrefix: outbound,
        routes: outbound,
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

function speaksTls({ filterChainMatch, transportSocket }: FilterChain): boolean {
  return filterChainMatch !== undefined || transportSocket !== undefined;
}

/** A listener; what differs between its kinds is its place, its direction and its filter chains. */
export function listener({ name, address, port, direction, filterChains, origins }: ListenerSpec): Resource {
  const message = create(ListenerSchema, {
    name,
    address: socketAddress(address, port),
    trafficDirection: direction,
    // With SO_REUSEPORT a second Envoy on the port would take half of the connections in silence; without it, it is
    // refused and says so.
    enableReusePort: false,
    filterChains: [...filterChains],
    listenerFilters: filterChains.some(speaksTls) ? [tlsInspector] : [],
  });
  return listenerResource(message, origins);
}
