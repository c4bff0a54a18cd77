import { hasSidecar } from "./kinds/workload-entry.ts";
import { selects } from "./lookup/selector.ts";
import type { Gateway, Workload } from "./types.ts";

/** Where an Istio installation has its gateways: the namespace of those that no WorkloadEntry describes. */
const GATEWAY_NAMESPACE = "istio-system";

/** "name.namespace": the identity of a workload's proxy. */
export function workloadId(workload: Workload): string {
  return `${workload.name}.${workload.namespace}`;
}

/** Which workloads run which Gateways, by workload id. A Gateway that selects none gets a workload made for it. */
export function gatewayWorkloads(
  gateways: readonly Gateway[],
  workloads: readonly Workload[],
): Map<string, { workload: Workload; gateways: Gateway[] }> {
  const byId = new Map(workloads.map((workload) => [workloadId(workload), workload]));
  const result = new Map<string, { workload: Workload; gateways: Gateway[] }>();
  for (const gateway of gateways) {
    const matching = workloads.filter((one) => hasSidecar(one) && selects(gateway.selector, one.labels));
    const implied = impliedWorkload(gateway);
    const chosen = matching.length > 0 ? matching : [byId.get(workloadId(implied)) ?? implied];
    for (const workload of chosen) {
      const id = workloadId(workload);
      const entry = result.get(id) ?? { workload, gateways: [] };
      entry.gateways.push(gateway);
      result.set(id, entry);
    }
  }
  return result;
}

/** `istio: ingressgateway` is run by `istio-ingressgateway`, as in an Istio installation. */
function impliedWorkload(gateway: Gateway): Workload {
  const { istio, app } = gateway.selector;
  const name = istio === undefined ? (app ?? gateway.ref.name) : `istio-${istio}`;
  const identity = { ref: gateway.ref, name, namespace: GATEWAY_NAMESPACE, labels: gateway.selector };
  return { ...identity, address: "127.0.0.1", ports: {}, weight: 1, serviceAccount: "" };
}
