import type { Labels } from "../model/types.ts";

/** Sluice has one cluster of workloads; Istio calls the first one so. */
export const clusterId = "Kubernetes";

interface Identity {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * A workload's identity for telemetry labels, as the telemetry filter splits it:
 * `workload;namespace;app;version;canonicalService;canonicalRevision;cluster`. Fields without a value are empty.
 */
export function peerOf(identity: Identity): string {
  const { name, namespace, labels } = identity;
  return [
    name,
    namespace,
    labels["app"] ?? "",
    labels["version"] ?? "",
    canonicalService(identity),
    canonicalRevision(labels),
    clusterId,
  ].join(";");
}

/** Istio's shorter form in the endpoint metadata `istio.workload`, kept so that Istio's tools can read it. */
export function istioWorkload(identity: Identity): string {
  const { name, namespace, labels } = identity;
  return [name, namespace, canonicalService(identity), canonicalRevision(labels), clusterId].join(";");
}

/** Istio: the canonical service of a workload. */
export function canonicalService({ name, labels }: Identity): string {
  return labels["service.istio.io/canonical-name"] ?? labels["app"] ?? name;
}

/** Istio: its version. */
export function canonicalRevision(labels: Labels): string {
  return labels["service.istio.io/canonical-revision"] ?? labels["version"] ?? "latest";
}
