import { RouteSchema, VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { InboundPort, ObjectRef, Proxy } from "../model/types.ts";
import { compileFault } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { inboundHost } from "./inbound-cluster.ts";
import { faultInjectionsFor } from "./fault-injections.ts";
import { programMetadata, turnOn } from "./filters.ts";
import type { Direction } from "./filters.ts";
import { inboundProtocol } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { inboundCluster, inboundRoutes, peerHeader } from "./names.ts";
import { zeroDuration } from "./protobuf.ts";
import { routeResource } from "./resource.ts";
import { responseFaults } from "./response-faults.ts";
import { inboundRetryPolicy } from "./retry.ts";
import { routeConfiguration } from "./route-configuration.ts";
import { matchAll } from "./route-match.ts";

/** Everything that comes in goes to the program, once authorization has let it pass. */
export function inboundRouteResource(
  { mesh, now }: MeshIndex,
  proxy: Proxy,
  inbound: InboundPort,
  policies: Direction | undefined,
  origins: readonly ObjectRef[],
  on: readonly string[] = [],
): Resource {
  const target = { side: "SERVER", workload: proxy.workload, host: inbound.service?.host ?? "" } as const;
  const faults = faultInjectionsFor(mesh, target, now);
  const route = create(RouteSchema, {
    name: "default",
    match: matchAll,
    ...(faults.length === 0
      ? {}
      : {
          metadata: programMetadata({ fault: compileFault(undefined, faults) }),
          typedPerFilterConfig: { ...turnOn("inbound"), ...responseFaults(faults) },
        }),
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: inboundCluster(inbound.appPort, inboundHost(proxy, inbound)) },
        timeout: zeroDuration,
        maxStreamDuration: { grpcTimeoutHeaderMax: zeroDuration },
        ...(inboundProtocol(inbound) === "GRPC" ? {} : { retryPolicy: inboundRetryPolicy }),
      },
    },
  });
  const name = inboundRoutes(inbound.listenPort);
  const message = routeConfiguration({
    name,
    virtualHosts: [create(VirtualHostSchema, { name, domains: ["*"], routes: [route] })],
    policies,
    on,
    // By the router, so that our filters have still seen it.
    removeHeaders: [peerHeader],
  });
  return routeResource(message, [proxy.workload.ref, ...origins]);
}
