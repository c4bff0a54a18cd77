import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { FilterChain } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { TlsInspectorSchema } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { InboundPort, MeshConfig, ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { socketAddress } from "./endpoint.ts";
import { forwardProxyFilter, isResolvedByRequest } from "./forward-proxy.ts";
import { connectionManager } from "./http-connection-manager.ts";
import type { ConnectionManagerOptions } from "./http-connection-manager.ts";
import { inboundListener, inboundRoutes, outbound } from "./names.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { peerOf } from "./peer.ts";
import { pack } from "./protobuf.ts";
import { listenerResource } from "./resource.ts";

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
): Resource {
  return listener({
    name: inboundListener(workload.address, listenPort),
    address: workload.address,
    port: listenPort,
    direction: TrafficDirection.INBOUND,
    filterChains: [
      httpChain({ statPrefix: `inbound_${listenPort}`, routes: inboundRoutes(listenPort), edge: false, config }),
    ],
    origins: [workload.ref],
  });
}

/** Where the program of a sidecar sends its requests, by Host header or as to an HTTP proxy. */
export function outboundListenerResource(
  { workload }: Proxy,
  { address, port }: NonNullable<Proxy["outbound"]>,
  { mesh: { config }, services }: MeshIndex,
): Resource {
  const resolves = config.outboundTraffic === "ALLOW_ANY" || services.some(isResolvedByRequest);
  const moreFilters = resolves ? [forwardProxyFilter] : [];
  const names = { statPrefix: outbound, routes: outbound };
  return listener({
    name: outbound,
    address,
    port,
    direction: TrafficDirection.OUTBOUND,
    filterChains: [httpChain({ ...names, edge: false, peer: peerOf(workload), config, moreFilters })],
    origins: [workload.ref],
  });
}

/** A filter chain whose requests are routed. */
export function httpChain(options: ConnectionManagerOptions): FilterChain {
  return create(FilterChainSchema, {
    filters: [
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

/** Reads the server name of a TLS hello, which chains match on; a client that waits for the server to speak first waits long. */
const tlsInspector = {
  name: "envoy.filters.listener.tls_inspector",
  configType: { case: "typedConfig" as const, value: pack(TlsInspectorSchema, create(TlsInspectorSchema)) },
};

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
    listenerFilters: filterChains.some(({ filterChainMatch }) => filterChainMatch) ? [tlsInspector] : [],
  });
  return listenerResource(message, origins);
}
