import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";
import type { StreamVariant } from "../xds/types.ts";

/** A discovery method: its path and what its streams speak. */
export interface DiscoveryMethod {
  readonly path: string;
  readonly variant: StreamVariant;
}

/** Package, service and the name of the type in the names of its methods (envoy/service/PACKAGE/v3). */
const services: Readonly<Record<ResourceKind, readonly [string, string, string]>> = {
  cluster: ["cluster", "ClusterDiscoveryService", "Clusters"],
  endpoint: ["endpoint", "EndpointDiscoveryService", "Endpoints"],
  listener: ["listener", "ListenerDiscoveryService", "Listeners"],
  route: ["route", "RouteDiscoveryService", "Routes"],
  virtualHost: ["route", "VirtualHostDiscoveryService", "VirtualHosts"],
  extension: ["extension", "ExtensionConfigDiscoveryService", "ExtensionConfigs"],
  secret: ["secret", "SecretDiscoveryService", "Secrets"],
  runtime: ["runtime", "RuntimeDiscoveryService", "Runtime"],
};

/** All methods that serve resources: aggregated, and one service for each type. Virtual hosts have no world's state. */
export function discoveryMethods(): DiscoveryMethod[] {
  const aggregated = "/envoy.service.discovery.v3.AggregatedDiscoveryService";
  const methods: DiscoveryMethod[] = [
    { path: `${aggregated}/StreamAggregatedResources`, variant: { protocol: "sotw" } },
    { path: `${aggregated}/DeltaAggregatedResources`, variant: { protocol: "delta" } },
  ];
  for (const kind of KINDS) {
    const [pkg, service, plural] = services[kind];
    const path = `/envoy.service.${pkg}.v3.${service}`;
    const typeUrl = TYPE_URLS[kind];
    methods.push({ path: `${path}/Delta${plural}`, variant: { protocol: "delta", typeUrl } });
    if (kind === "virtualHost") continue;
    methods.push({ path: `${path}/Stream${plural}`, variant: { protocol: "sotw", typeUrl } });
  }
  return methods;
}
