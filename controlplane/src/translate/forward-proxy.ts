import { create } from "@bufbuild/protobuf";
import {
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { RouteSchema, VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { ClusterConfigSchema } from "../../gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js";
import { DnsCacheConfigSchema } from "../../gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.js";
import { FilterConfigSchema } from "../../gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isWildcard } from "../model/index.ts";
import type { MeshConfig, Service } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { connectTo } from "./connect.ts";
import { on } from "./filters.ts";
import { passthrough, peerHeader } from "./names.ts";
import { duration, pack, zeroDuration } from "./protobuf.ts";
import { clusterResource } from "./resource.ts";
import { matchAll } from "./route-match.ts";

/**
 * ALLOW_ANY without original destinations: the program names the host that it wants, as to any HTTP proxy, and Envoy
 * resolves it when the first request comes.
 */
const name = "envoy.filters.http.dynamic_forward_proxy";
const dnsCache = create(DnsCacheConfigSchema, {
  name: passthrough,
  dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
});

/** The filter that resolves hosts, off but for the routes of undeclared ones. */
export const forwardProxyFilter: HttpFilter = create(HttpFilterSchema, {
  name,
  disabled: true,
  configType: {
    case: "typedConfig",
    value: pack(
      FilterConfigSchema,
      create(FilterConfigSchema, { implementationSpecifier: { case: "dnsCacheConfig", value: dnsCache } }),
    ),
  },
});

/** Turns the filter on for a virtual host. */
export const resolveHosts: Readonly<Record<string, Any>> = { [name]: on };

/** A service for a whole domain of which nobody says the endpoints: each of its hosts is what its name resolves to. */
export function isResolvedByRequest({ host, resolution, endpoints }: Service): boolean {
  return isWildcard(host) && endpoints.length === 0 && (resolution === "NONE" || resolution === "DYNAMIC_DNS");
}

/** How a cluster finds the hosts that requests name. */
export const byRequest = {
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  clusterDiscoveryType: {
    case: "clusterType",
    value: {
      name: "envoy.clusters.dynamic_forward_proxy",
      typedConfig: pack(
        ClusterConfigSchema,
        create(ClusterConfigSchema, {
          clusterImplementationSpecifier: { case: "dnsCacheConfig", value: dnsCache },
          // Envoy wants to check names even where there is no TLS; with TLS, the traffic policy says what is checked.
          allowInsecureClusterOptions: true,
        }),
      ),
    },
  },
} as const;

/** The cluster that undeclared hosts are reached by. */
export function forwardProxyCluster({ ref }: MeshConfig): Resource {
  const message = create(ClusterSchema, { name: passthrough, connectTimeout: duration(10_000), ...byRequest });
  return clusterResource(message, ref ? [ref] : []);
}

/** The virtual host of all that nobody declared; a CONNECT becomes a connection to the host that it names. */
export const allowAny: VirtualHost = create(VirtualHostSchema, {
  name: "allow_any",
  domains: ["*"],
  typedPerFilterConfig: { ...resolveHosts },
  requestHeadersToRemove: [peerHeader],
  routes: [
    connectTo([{ cluster: passthrough, weight: 1 }]),
    create(RouteSchema, {
      name: "allow_any",
      match: matchAll,
      action: {
        case: "route",
        value: {
          clusterSpecifier: { case: "cluster", value: passthrough },
          timeout: zeroDuration,
          maxStreamDuration: { grpcTimeoutHeaderMax: zeroDuration },
        },
      },
    }),
  ],
});
