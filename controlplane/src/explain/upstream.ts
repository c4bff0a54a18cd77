import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Cluster_DiscoveryType, Cluster_LbPolicy } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ProxyProtocolUpstreamTransportSchema } from "../../gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import { UpstreamTlsContextSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { UpstreamTlsContext } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";

/** How a proxy connects to a cluster, in words: each a property of the cluster that is not the plainest. */
export function manners(cluster: Cluster): string[] {
  const { lbPolicy, transportSocket, clusterDiscoveryType: discovery } = cluster;
  const isByName = discovery.case === "type" && discovery.value !== Cluster_DiscoveryType.EDS;
  return [
    ...socketManners(transportSocket),
    balancers[lbPolicy] ?? Cluster_LbPolicy[lbPolicy].toLowerCase(),
    ...(isByName && discovery.value !== Cluster_DiscoveryType.STATIC ? ["found by DNS"] : []),
    ...limits(cluster),
    ...(cluster.outlierDetection === undefined ? [] : ["endpoints that fail are left out for a while"]),
  ];
}

const balancers: Readonly<Partial<Record<Cluster_LbPolicy, string>>> = {
  [Cluster_LbPolicy.ROUND_ROBIN]: "round robin",
  [Cluster_LbPolicy.LEAST_REQUEST]: "least requests",
  [Cluster_LbPolicy.RING_HASH]: "by a hash (ring)",
  [Cluster_LbPolicy.MAGLEV]: "by a hash (Maglev)",
  [Cluster_LbPolicy.RANDOM]: "at random",
  [Cluster_LbPolicy.CLUSTER_PROVIDED]: "as the address says",
};

function socketManners(socket: TransportSocket | undefined): string[] {
  const config = socket?.configType.case === "typedConfig" ? socket.configType.value : undefined;
  const prefixed = config && anyUnpack(config, ProxyProtocolUpstreamTransportSchema);
  if (prefixed !== undefined)
    return ["tells the client's address (PROXY protocol)", ...socketManners(prefixed.transportSocket)];
  const tls = config && anyUnpack(config, UpstreamTlsContextSchema);
  return tls === undefined ? [] : [tlsManner(tls)];
}

function tlsManner({ sni, commonTlsContext: common }: UpstreamTlsContext): string {
  const isMutual = (common?.tlsCertificates.length ?? 0) + (common?.tlsCertificateSdsSecretConfigs.length ?? 0) > 0;
  const isChecked = common?.validationContextType.case !== undefined;
  const parts = [
    isMutual ? "mutual TLS" : "TLS",
    ...(sni === "" ? [] : [`as ${sni}`]),
    ...(isChecked ? [] : ["without a check of the server's certificate"]),
  ];
  return parts.join(" ");
}

/** Envoy's way to write that there is no limit. */
const UNLIMITED = 4_294_967_295;

function limits({ circuitBreakers }: Cluster): string[] {
  const [limit] = circuitBreakers?.thresholds ?? [];
  const named = [
    ["connections", limit?.maxConnections],
    ["requests", limit?.maxRequests],
    ["waiting requests", limit?.maxPendingRequests],
  ] as const;
  return named.flatMap(([what, most]) => (most === undefined || most === UNLIMITED ? [] : [`at most ${most} ${what}`]));
}
