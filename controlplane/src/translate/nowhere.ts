import type { MessageInitShape } from "@bufbuild/protobuf";
import { Cluster_DiscoveryType } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";

/**
 * A cluster without endpoints. Without its certificate a client must not connect at all: an Envoy that waits for a
 * secret would hold up others first.
 */
export function nowhere(clusterName: string): Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }> {
  return {
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    loadAssignment: { clusterName },
  };
}
