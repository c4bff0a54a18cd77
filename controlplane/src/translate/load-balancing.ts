import type { MessageInitShape } from "@bufbuild/protobuf";
import { Cluster_LbPolicy } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster_SlowStartConfigSchema, ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { HashAlgorithm, LoadBalancer, Warmup } from "../model/types.ts";
import { duration } from "./protobuf.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

/** Istio: ConsistentHashLB.minimumRingSize. */
const defaultRing: HashAlgorithm = { kind: "ringHash", minimumRingSize: 1024 };

/** How a cluster chooses among its endpoints; Istio's default is the one with the fewest requests. */
export function loadBalancing(balancer: LoadBalancer | undefined): ClusterInit {
  if (balancer === undefined) return { lbPolicy: Cluster_LbPolicy.LEAST_REQUEST };
  if ("consistentHash" in balancer) return hashing(balancer.algorithm ?? defaultRing);
  const { warmup, simple } = balancer;
  const lbPolicy = Cluster_LbPolicy[simple === "PASSTHROUGH" ? "LEAST_REQUEST" : simple];
  if (warmup === undefined || simple === "RANDOM" || simple === "PASSTHROUGH") return { lbPolicy };
  const slowStartConfig = slowStart(warmup);
  return simple === "ROUND_ROBIN"
    ? { lbPolicy, lbConfig: { case: "roundRobinLbConfig", value: { slowStartConfig } } }
    : { lbPolicy, lbConfig: { case: "leastRequestLbConfig", value: { slowStartConfig } } };
}

function hashing(algorithm: HashAlgorithm): ClusterInit {
  if (algorithm.kind === "maglev")
    return {
      lbPolicy: Cluster_LbPolicy.MAGLEV,
      lbConfig: { case: "maglevLbConfig", value: { tableSize: BigInt(algorithm.tableSize) } },
    };
  return {
    lbPolicy: Cluster_LbPolicy.RING_HASH,
    lbConfig: { case: "ringHashLbConfig", value: { minimumRingSize: BigInt(algorithm.minimumRingSize) } },
  };
}

function slowStart(warmup: Warmup): MessageInitShape<typeof Cluster_SlowStartConfigSchema> {
  return {
    slowStartWindow: duration(warmup.durationMs),
    aggression: { defaultValue: warmup.aggression, runtimeKey: "slow_start.aggression" },
    minWeightPercent: { value: warmup.minimumPercent },
  };
}
