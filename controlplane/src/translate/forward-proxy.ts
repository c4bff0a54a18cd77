import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import {
  FilterConfigSchema as RouteFilterConfigSchema,
  RouteSchema,
  VirtualHostSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route, VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { ClusterConfigSchema } from "../../gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js";
import { DnsCacheConfigSchema } from "../../gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.js";
import {
  FilterConfigSchema,
  PerRouteConfigSchema,
} from "../../gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js";
import { FilterConfigSchema as SniFilterConfigSchema } from "../../gen/envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isWildcard } from "../model/index.ts";
import type { LoadBalancer, Service } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { connectThrough, connectTo } from "./connect.ts";
import { create } from "./create.ts";
import { on } from "./filters.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { passthrough, peerHeader } from "./names.ts";
import { nowhere } from "./nowhere.ts";
import { pack, zeroDuration } from "./protobuf.ts";
import { clusterResource } from "./resource.ts";
import { matchAll } from "./route-match.ts";
import { hasClientSecrets } from "./secret.ts";
import type { SecretOwner } from "./secret.ts";
import { clusterSettings } from "./traffic-policy.ts";
import { transportSocket } from "./transport-socket.ts";

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

/**
 * With the balancer PASSTHROUGH a service is what its name resolves to, as with resolution NONE. Istio goes to the address
 * that the client had connected to before its traffic was caught; here clients name a host instead.
 */
export function asBalanced(service: Service, balancer: LoadBalancer | undefined): Service {
  const passes = balancer !== undefined && "simple" in balancer && balancer.simple === "PASSTHROUGH";
  return passes ? { ...service, resolution: "NONE", endpoints: [] } : service;
}

const wild = new WeakMap<readonly Service[], boolean>();

/**
 * Whether a listener's requests may be for hosts that are resolved by request: any service of a whole domain may be. A
 * gateway's listener asks once for each certificate.
 */
export function mayResolve(services: readonly Service[]): boolean {
  const found = wild.get(services) ?? services.some(({ host }) => isWildcard(host));
  wild.set(services, found);
  return found;
}

/** Turns the filter on for a route; `authority` is what to resolve where that is not the request's own host. */
export function resolveByRequest(authority: string | undefined): Readonly<Record<string, Any>> {
  if (authority === undefined) return resolveHosts;
  const perRoute = create(PerRouteConfigSchema, {
    hostRewriteSpecifier: { case: "hostRewriteLiteral", value: authority },
  });
  const config = create(RouteFilterConfigSchema, { config: pack(PerRouteConfigSchema, perRoute) });
  return { [name]: pack(RouteFilterConfigSchema, config) };
}

/** Resolves the name of a client's TLS hello, for connections that are passed on to a port of it. */
export function resolveServerName(port: number): Filter {
  const value = create(SniFilterConfigSchema, {
    dnsCacheConfig: dnsCache,
    portSpecifier: { case: "portValue", value: port },
  });
  return create(FilterSchema, {
    name: "envoy.filters.network.sni_dynamic_forward_proxy",
    configType: { case: "typedConfig", value: pack(SniFilterConfigSchema, value) },
  });
}

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

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

/** Envoy takes the address of each request, and has nothing to choose from. */
export function withoutBalancer(settings: ClusterInit): ClusterInit {
  const { lbConfig: _, ...rest } = settings;
  return rest;
}

/**
 * The cluster that undeclared hosts are reached by: as HTTP/2 where the client speaks that, and within TLS where the
 * mesh has that for all of them.
 */
export function forwardProxyCluster({ mesh, systemRoots }: MeshIndex, client: SecretOwner): Resource {
  const { ref, trafficDefaults, outboundTls: tls } = mesh.config;
  const policy = {
    connectionPool: { ...trafficDefaults?.connectionPool, httpVersion: "client" as const },
    ...(tls && { tls }),
  };
  const settings = clusterSettings(policy, "http1");
  const socket = transportSocket(policy, {
    protocol: "http1",
    systemRoots,
    subjectAltNames: [],
    own: () => ({ sni: "", identities: [] }),
  });
  const message = create(ClusterSchema, {
    name: passthrough,
    ...(hasClientSecrets(mesh, client, tls)
      ? { ...withoutBalancer(settings), ...byRequest }
      : { ...settings, ...nowhere(passthrough) }),
    ...(socket && { transportSocket: socket }),
  });
  return clusterResource(message, ref ? [ref] : []);
}

/** The virtual host of all that nobody declared; a CONNECT becomes a connection to the host that it names. */
export const allowAny: VirtualHost = create(VirtualHostSchema, {
  ...anyHost(passthrough, connectTo([{ cluster: passthrough, weight: 1 }])),
  typedPerFilterConfig: { ...resolveHosts },
});

/** The same where a proxy is to get all of it, a CONNECT as it is. */
export function allowBy(cluster: string): VirtualHost {
  return create(VirtualHostSchema, anyHost(cluster, connectThrough(cluster)));
}

function anyHost(cluster: string, connect: Route): MessageInitShape<typeof VirtualHostSchema> & object {
  return {
    name: "allow_any",
    domains: ["*"],
    requestHeadersToRemove: [peerHeader],
    routes: [
      connect,
      create(RouteSchema, {
        name: "allow_any",
        match: matchAll,
        action: {
          case: "route",
          value: {
            clusterSpecifier: { case: "cluster", value: cluster },
            timeout: zeroDuration,
            maxStreamDuration: { grpcTimeoutHeaderMax: zeroDuration },
          },
        },
      }),
    ],
  };
}
