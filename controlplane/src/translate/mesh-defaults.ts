import type { LoadBalancer, LocalityLoadBalancing, TrafficDefaults, TrafficPolicy } from "../model/types.ts";

/** A policy with the mesh's defaults for those fields of its connections and outliers that it does not have itself. */
export function withDefaults(policy: TrafficPolicy, defaults: TrafficDefaults | undefined): TrafficPolicy {
  if (defaults === undefined) return policy;
  const { connectionPool, outlierDetection } = defaults;
  return {
    ...policy,
    ...(connectionPool && { connectionPool: { ...connectionPool, ...policy.connectionPool } }),
    ...(outlierDetection && { outlierDetection: { ...outlierDetection, ...policy.outlierDetection } }),
  };
}

/** A balancer with the mesh's preference of localities, where it has none of its own. */
export function withLocality(
  balancer: LoadBalancer | undefined,
  locality: LocalityLoadBalancing | undefined,
): LoadBalancer | undefined {
  if (locality === undefined || balancer?.locality !== undefined) return balancer;
  return { ...(balancer ?? { simple: "LEAST_REQUEST" as const }), locality };
}
