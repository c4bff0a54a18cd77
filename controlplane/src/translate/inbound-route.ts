import { create } from "@bufbuild/protobuf";
import { RouteSchema, VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { InboundPort, ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { inboundHost } from "./cluster.ts";
import type { Direction } from "./filters.ts";
import { inboundCluster, inboundRoutes, peerHeader } from "./names.ts";
import { zeroDuration } from "./protobuf.ts";
import { routeResource } from "./resource.ts";
import { inboundRetryPolicy } from "./retry.ts";
import { routeConfiguration } from "./route-configuration.ts";
import { matchAll } from "./route-match.ts";

/** Everything that comes in goes to the program, once authorization has let it pass. */
export function inboundRouteResource(
  proxy: Proxy,
  inbound: InboundPort,
  policies: Direction | undefined,
  origins: readonly ObjectRef[],
): Resource {
  const route = create(RouteSchema, {
    name: "default",
    match: matchAll,
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: inboundCluster(inbound.appPort, inboundHost(proxy, inbound)) },
        timeout: zeroDuration,
        maxStreamDuration: { grpcTimeoutHeaderMax: zeroDuration },
        ...(inbound.service?.port.protocol === "GRPC" ? {} : { retryPolicy: inboundRetryPolicy }),
      },
    },
  });
  const name = inboundRoutes(inbound.listenPort);
  const message = routeConfiguration({
    name,
    virtualHosts: [create(VirtualHostSchema, { name, domains: ["*"], routes: [route] })],
    policies,
    // By the router, so that our filters have still seen it.
    removeHeaders: [peerHeader],
  });
  return routeResource(message, [proxy.workload.ref, ...origins]);
}
