import type { Mesh, Proxy } from "../model/types.ts";
import { isAutomatic, passedHosts } from "./auto-passthrough.ts";
import type { ClusterClient } from "./cluster.ts";

/** What a proxy's clusters depend on beyond the mesh and the rules that it finds. */
export function clusterClient(proxy: Proxy): ClusterClient {
  const { kind, workload } = proxy;
  const passes = passedHosts(proxy);
  const { labels, locality, namespace, serviceAccount } = workload;
  return {
    kind,
    labels,
    namespace,
    serviceAccount,
    ...(locality === undefined ? {} : { locality }),
    ...(passes.length === 0 ? {} : { passes }),
  };
}

/** A function from proxy to a key: proxies with equal keys get equal clusters where they find equal rules. */
export function clusterClientKey(mesh: Mesh): (proxy: Proxy) => string {
  const policies = mesh.destinationRules.flatMap(({ trafficPolicy, subsets }) => [
    trafficPolicy,
    ...subsets.map((subset) => subset.trafficPolicy),
  ]);
  const blocks = policies.flatMap((policy) => [policy, ...(policy?.ports ?? [])]);
  const inMesh = mesh.config.locality?.failoverPriority ?? [];
  const ranked = blocks.flatMap((block) => [
    ...inMesh,
    ...(block?.loadBalancer?.locality?.failoverPriority ?? []),
    ...(block?.loadBalancer?.zoneAware?.failoverPriority ?? []),
  ]);
  const labels = [...new Set(ranked.map((label) => label.split("=")[0] ?? ""))].toSorted();
  const tls = [...blocks.map((block) => block?.tls), mesh.config.outboundTls];
  const hasSecrets = tls.some((one) => one?.credentialName !== undefined);
  const hasOwn = tls.some((one) => one?.mode === "ISTIO_MUTUAL");
  const hasPlaces = mesh.services.some(({ endpoints }) => endpoints.some(({ locality }) => locality !== undefined));
  const passes = mesh.gateways.some(({ servers }) => servers.some(isAutomatic));
  if (labels.length === 0 && !hasSecrets && !hasOwn && !hasPlaces && !passes) return () => "";
  return ({ kind, workload, gateways }) =>
    JSON.stringify([
      passes ? passedHosts({ gateways }) : "",
      hasSecrets ? kind : "",
      hasSecrets || hasOwn ? workload.namespace : "",
      hasOwn ? workload.serviceAccount : "",
      hasPlaces ? (workload.locality ?? "") : "",
      labels.map((label) => workload.labels[label] ?? null),
    ]);
}
