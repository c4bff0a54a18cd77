import {
  Cluster_CommonLbConfig_LocalityWeightedLbConfigSchema,
  Cluster_CommonLbConfig_ZoneAwareLbConfigSchema,
  Cluster_CommonLbConfigSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster, Cluster_CommonLbConfig } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ZoneAwareLoadBalancing } from "../model/types.ts";
import { create } from "./create.ts";
import type { LocalityMode } from "./locality.ts";

/** Tells a cluster what the localities of its endpoints mean. */
export function balanceLocalities(cluster: Cluster, mode: LocalityMode): void {
  if (mode.kind === "distribute") weightLocalities(cluster);
  if (mode.kind === "zones") balanceZones(cluster, mode.setting);
}

function commonOf(cluster: Cluster): Cluster_CommonLbConfig {
  return (cluster.commonLbConfig ??= create(Cluster_CommonLbConfigSchema));
}

// Acts where an Envoy knows the cluster that it is one of itself; without it all endpoints of a priority are alike.
function balanceZones(cluster: Cluster, { minClusterSize }: ZoneAwareLoadBalancing): void {
  commonOf(cluster).localityConfigSpecifier = {
    case: "zoneAwareLbConfig",
    value: create(
      Cluster_CommonLbConfig_ZoneAwareLbConfigSchema,
      minClusterSize === undefined ? {} : { minClusterSize: BigInt(minClusterSize) },
    ),
  };
}

function weightLocalities(cluster: Cluster): void {
  commonOf(cluster).localityConfigSpecifier = {
    case: "localityWeightedLbConfig",
    value: create(Cluster_CommonLbConfig_LocalityWeightedLbConfigSchema),
  };
}
