import { create } from "@bufbuild/protobuf";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type {
  HttpConnectionManager,
  HttpFilter,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { InboundPort, ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { directPeer } from "./direct-peer.ts";
import { socketAddress } from "./endpoint.ts";
import { connectionManager } from "./http-connection-manager.ts";
import { gatewayListener, gatewayRoutes, inboundListener, inboundRoutes, outbound } from "./names.ts";
import type { Observation } from "./observation.ts";
import { peerOf } from "./peer.ts";
import { pack } from "./protobuf.ts";
import { listenerResource } from "./resource.ts";

interface ListenerSpec {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: TrafficDirection;
  readonly manager: HttpConnectionManager;
  readonly origins: readonly ObjectRef[];
}

/** Where peers reach the program of a sidecar. */
export function inboundListenerResource(
  { workload }: Proxy,
  { listenPort }: InboundPort,
  before: readonly HttpFilter[] = [],
  observation: Observation = {},
): Resource {
  return listener({
    name: inboundListener(workload.address, listenPort),
    address: workload.address,
    port: listenPort,
    direction: TrafficDirection.INBOUND,
    manager: connectionManager({
      statPrefix: `inbound_${listenPort}`,
      routes: inboundRoutes(listenPort),
      direction: "inbound",
      edge: false,
      before,
      observation,
    }),
    origins: [workload.ref],
  });
}

/** Where the program of a sidecar sends its requests, by Host header or as to an HTTP proxy. */
export function outboundListenerResource(
  { workload }: Proxy,
  { address, port }: NonNullable<Proxy["outbound"]>,
  observation: Observation = {},
): Resource {
  return listener({
    name: outbound,
    address,
    port,
    direction: TrafficDirection.OUTBOUND,
    manager: connectionManager({
      statPrefix: outbound,
      observation,
      routes: outbound,
      direction: "outbound",
      edge: false,
      peer: peerOf(workload),
    }),
    origins: [workload.ref],
  });
}

/** One port of a gateway, for all servers of all Gateways that have it. */
export function gatewayListenerResource(
  { workload }: Proxy,
  port: number,
  origins: readonly ObjectRef[],
  before: readonly HttpFilter[] = [],
  observation: Observation = {},
): Resource {
  return listener({
    name: gatewayListener(workload.address, port),
    address: workload.address,
    port,
    // Istio's telemetry has a gateway report as the source.
    direction: TrafficDirection.OUTBOUND,
    manager: connectionManager({
      statPrefix: `gateway_${port}`,
      routes: gatewayRoutes(port),
      direction: "outbound",
      edge: true,
      before,
      observation,
      peer: peerOf(workload),
    }),
    origins,
  });
}

function listener({ name, address, port, direction, manager, origins }: ListenerSpec): Resource {
  const message = create(ListenerSchema, {
    name,
    address: socketAddress(address, port),
    trafficDirection: direction,
    // With SO_REUSEPORT a second Envoy on the port would take half of the connections in silence; without it, it is
    // refused and says so.
    enableReusePort: false,
    filterChains: [
      {
        filters: [
          directPeer,
          {
            name: "envoy.filters.network.http_connection_manager",
            configType: { case: "typedConfig", value: pack(HttpConnectionManagerSchema, manager) },
          },
        ],
      },
    ],
  });
  return listenerResource(message, origins);
}
