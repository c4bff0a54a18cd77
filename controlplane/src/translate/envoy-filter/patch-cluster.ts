import { ClusterSchema } from "../../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster } from "../../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { TransportSocketSchema } from "../../../gen/envoy/config/core/v3/base_pb.js";
import type { TransportSocket } from "../../../gen/envoy/config/core/v3/base_pb.js";
import { clusterNames } from "./istio-names.ts";
import { merged } from "./merge.ts";
import type { Lists } from "./merge.ts";
import { applied, mergeLists, tracesOf } from "./patch-set.ts";
import type { Patching } from "./patch-set.ts";
import type { Trace } from "./trace.ts";

/** A cluster after the patches that mean it; undefined: removed. The same object if nothing does. */
export function patchedCluster(cluster: Cluster, patching: Patching): Cluster | undefined {
  let now = cluster;
  for (const trace of tracesOf(patching, "CLUSTER")) {
    const { operation, value } = trace.patch;
    const lists = mergeLists(trace);
    if ((lists === undefined && operation !== "REMOVE") || !meansCluster(trace, cluster.name)) continue;
    applied(patching, trace);
    if (lists === undefined) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read as a cluster
    now = mergedCluster(now, value as Cluster, lists);
  }
  return now;
}

function meansCluster(trace: Trace, own: string): boolean {
  const match = trace.patch.cluster;
  if (match === undefined) return true;
  const { names, port, subset, service } = clusterNames(own);
  const isMeant =
    match.name === undefined
      ? (match.portNumber === undefined || match.portNumber === port) &&
        (match.subset === undefined || match.subset === "" || match.subset === subset) &&
        (match.service === undefined || match.service === service)
      : names.has(match.name);
  if (!isMeant) trace.miss("cluster", match.name === undefined && service !== undefined ? [service] : names);
  return isMeant;
}

/** Where a cluster has several transport sockets to choose from, one beside them would count for nothing. */
function mergedCluster(cluster: Cluster, patch: Cluster, lists: Lists): Cluster {
  const { transportSocket, ...rest } = patch;
  if (transportSocket === undefined || cluster.transportSocketMatches.length === 0) {
    return merged(ClusterSchema, cluster, patch, lists);
  }
  const next = merged(ClusterSchema, cluster, rest, lists);
  const transportSocketMatches = next.transportSocketMatches.map((one) =>
    one.transportSocket?.name === transportSocket.name
      ? { ...one, transportSocket: mergedSocket(one.transportSocket, transportSocket, lists) }
      : one,
  );
  return { ...next, transportSocketMatches };
}

function mergedSocket(socket: TransportSocket, patch: TransportSocket, lists: Lists): TransportSocket {
  return merged(TransportSocketSchema, socket, patch, lists);
}
