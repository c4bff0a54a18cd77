import type { Mesh, Proxy } from "../model/types.ts";
import type { ClusterClient } from "./cluster.ts";

/** What a proxy's clusters depend on beyond the mesh and the rules that it finds. */
export function clusterClient({ kind, workload }: Proxy): ClusterClient {
  const { labels, locality } = workload;
  return { kind, labels, ...(locality === undefined ? {} : { locality }) };
}

/** A function from proxy to a key: proxies with equal keys get equal clusters where they find equal rules. */
export function clusterClientKey(mesh: Mesh): (proxy: Proxy) => string {
  const policies = mesh.destinationRules.flatMap(({ trafficPolicy, subsets }) => [
    trafficPolicy,
    ...subsets.map((subset) => subset.trafficPolicy),
  ]);
  const blocks = policies.flatMap((policy) => [policy, ...(policy?.ports ?? [])]);
  const ranked = blocks.flatMap((block) => block?.loadBalancer?.locality?.failoverPriority ?? []);
  const labels = [...new Set(ranked.map((label) => label.split("=")[0] ?? ""))].toSorted();
  const hasSecrets = blocks.some((block) => block?.tls?.credentialName !== undefined);
  const hasPlaces = mesh.services.some(({ endpoints }) => endpoints.some(({ locality }) => locality !== undefined));
  if (labels.length === 0 && !hasSecrets && !hasPlaces) return () => "";
  return ({ kind, workload }) =>
    JSON.stringify([
      hasSecrets ? kind : "",
      hasPlaces ? (workload.locality ?? "") : "",
      labels.map((label) => workload.labels[label] ?? null),
    ]);
}
