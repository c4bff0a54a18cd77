import type { ServiceEntry } from "./kinds/service-entry.ts";
import type { WorkloadSpec } from "./kinds/workload-entry.ts";
import { selects } from "./lookup/selector.ts";
import type { Endpoint, Labels, Service, ServicePort, Workload } from "./types.ts";

/** Makes one service of each host, with the endpoints that its selector picks or that it lists. */
export function assembleServices(entries: readonly ServiceEntry[], workloads: readonly Workload[]): Service[] {
  const find = workloadFinder(workloads);
  return entries.flatMap((entry) => {
    const { ref, labels, ports, resolution, location, workloadSelector } = entry;
    const endpoints =
      workloadSelector === undefined
        ? entry.endpoints.map((endpoint) => inlineEndpoint(endpoint, ports))
        : find(ref.namespace, workloadSelector).map((workload) => ({ ...inlineEndpoint(workload, ports), workload }));
    return entry.hosts.map((host): Service => ({
      ref,
      labels,
      host,
      namespace: ref.namespace,
      ports,
      resolution,
      location,
      endpoints,
    }));
  });
}

function inlineEndpoint(
  from: Pick<WorkloadSpec, "address" | "ports" | "labels" | "weight">,
  ports: readonly ServicePort[],
): Endpoint {
  const own = new Map(Object.entries(from.ports));
  const numbers = ports.map(({ name, targetPort, number }) => [name, own.get(name) ?? targetPort ?? number] as const);
  return { address: from.address, ports: Object.fromEntries(numbers), labels: from.labels, weight: from.weight };
}

/** Finds by the rarest label of a selector, so that a mesh of thousands does not compare everything with everything. */
function workloadFinder(workloads: readonly Workload[]): (namespace: string, selector: Labels) => Workload[] {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const [label, value] of Object.entries(workload.labels)) {
      const key = keyOf(workload.namespace, label, value);
      const found = byLabel.get(key);
      if (found === undefined) byLabel.set(key, [workload]);
      else found.push(workload);
    }
  }
  return (namespace, selector) => {
    const lists = Object.entries(selector).map(([label, value]) => byLabel.get(keyOf(namespace, label, value)) ?? []);
    const shortest = lists.toSorted((a, b) => a.length - b.length)[0] ?? [];
    return shortest.filter((workload) => selects(selector, workload.labels));
  };
}

function keyOf(namespace: string, label: string, value: string): string {
  return JSON.stringify([namespace, label, value]);
}
