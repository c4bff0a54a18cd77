import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_EdsClusterConfigSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { isWildcard } from "../model/index.ts";
import type { Mesh, MeshConfig, Service, ServicePort, TrafficPolicy, Workload } from "../model/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { singleAddress } from "./endpoint.ts";
import { asBalanced, byRequest, isResolvedByRequest } from "./forward-proxy.ts";
import { nowhere } from "./nowhere.ts";
import { duration } from "./protobuf.ts";
import { hasClientSecrets } from "./secret.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

/** By EDS, over the same stream as everything else. */
export const eds: ClusterInit = {
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
  edsClusterConfig: create(Cluster_EdsClusterConfigSchema, { edsConfig: adsConfigSource }),
};

/** What is to be known before the endpoints of a cluster can be looked for. */
export interface Sought {
  readonly mesh: Mesh;
  readonly service: Service;
  readonly port: ServicePort;
  /** Who has to have the Secrets of the policy. */
  readonly client: Pick<Workload, "namespace" | "serviceAccount">;
}

/** How a cluster finds its endpoints; undefined where there is nothing to find them by. */
export function discoveryOf(
  { mesh, service: written, port, client }: Sought,
  policy: TrafficPolicy,
  assignment: ClusterLoadAssignment,
): ClusterInit | undefined {
  const service = asBalanced(written, policy.loadBalancer);
  if (!hasClientSecrets(mesh, client, policy.tls)) return nowhere(assignment.clusterName);
  if (service.resolution === "STATIC") return eds;
  const named = resolveNames(service, port, assignment);
  return named === undefined || named === byRequest ? named : { ...named, ...refreshed(mesh.config) };
}

/** Istio: names are looked up anew after a minute, or when their records say so if that is earlier. */
const dnsRefreshRateMs = 60_000;

function refreshed({ dnsRefreshRateMs: rate = dnsRefreshRateMs }: MeshConfig): ClusterInit {
  return { dnsRefreshRate: duration(rate), respectDnsTtl: true };
}

// Undefined where there is no name to resolve.
function resolveNames(service: Service, port: ServicePort, assignment: ClusterLoadAssignment): ClusterInit | undefined {
  // Nothing says which host plain TCP is for.
  if (isResolvedByRequest(service)) return port.protocol === "TCP" ? undefined : byRequest;
  const addresses = service.endpoints.length > 0 ? assignment.endpoints.flatMap(({ lbEndpoints }) => lbEndpoints) : [];
  if (addresses.length === 0 && (service.endpoints.length > 0 || isWildcard(service.host))) {
    return undefined;
  }
  const logical = service.resolution === "DNS_ROUND_ROBIN" && addresses.length < 2;
  return {
    clusterDiscoveryType: {
      case: "type",
      value: logical ? Cluster_DiscoveryType.LOGICAL_DNS : Cluster_DiscoveryType.STRICT_DNS,
    },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
    // Without endpoints the host itself is resolved. So it is with resolution NONE: Istio would connect to the address
    // that the client had connected to, which a client of an explicit proxy has not chosen.
    loadAssignment:
      addresses.length > 0 ? assignment : singleAddress(assignment.clusterName, service.host, port.number),
  };
}
