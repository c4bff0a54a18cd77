import { isIP } from "./decode/ip.ts";
import { isUnix } from "./decode/socket.ts";
import type { EndpointSlice } from "./kinds/endpoint-slice.ts";
import type { ServiceEntry } from "./kinds/service-entry.ts";
import type { WorkloadSpec } from "./kinds/workload-entry.ts";
import { selects } from "./lookup/selector.ts";
import type { Endpoint, Labels, Service, ServicePort, Workload } from "./types.ts";

/** Makes one service of each host, with the endpoints that its selector picks, that it lists, or that slices have. */
export function assembleServices(
  entries: readonly ServiceEntry[],
  workloads: readonly Workload[],
  slices: readonly EndpointSlice[] = [],
): Service[] {
  const find = workloadFinder(workloads);
  const bySlice = Map.groupBy(slices, ({ ref, service }) => `${ref.namespace}/${service}`);
  return entries.flatMap((entry) => {
    const { ref, labels, ports, resolution, location, workloadSelector, exportTo, subjectAltNames, addresses } = entry;
    const sliced = ref.kind === "Service" ? (bySlice.get(`${ref.namespace}/${ref.name}`) ?? []) : [];
    const ready = sliced
      .flatMap(({ endpoints }) => endpoints)
      .filter(({ isReady }) => isReady || entry.usesUnready === true);
    const listed = [...entry.endpoints, ...ready];
    const selected = (workloadSelector === undefined ? [] : find(ref.namespace, workloadSelector)).filter(
      ({ address }) => fits(address, resolution),
    );
    // A Service's slices tell of pods, its selector of workloads that stand in the folder.
    const endpoints = [
      ...listed.map((endpoint) => inlineEndpoint(endpoint, ports)),
      ...selected.map((workload) => ({ ...inlineEndpoint(workload, ports), workload })),
    ];
    return entry.hosts.map((host): Service => ({
      ref,
      labels,
      host,
      namespace: ref.namespace,
      ports,
      resolution,
      location,
      ...(exportTo.includes("*") ? {} : { exportTo }),
      ...(subjectAltNames === undefined ? {} : { subjectAltNames }),
      ...(addresses === undefined ? {} : { addresses }),
      endpoints,
    }));
  });
}

/** Without a name to resolve an endpoint must say where it is, and a socket has no name. */
function fits(address: string, resolution: Service["resolution"]): boolean {
  if (resolution === "STATIC") return isIP(address) !== 0 || isUnix(address);
  return !isUnix(address);
}

function inlineEndpoint(
  from: Pick<WorkloadSpec, "address" | "ports" | "labels" | "weight" | "locality">,
  ports: readonly ServicePort[],
): Endpoint {
  const own = new Map(Object.entries(from.ports));
  const numbers = ports.map(
    ({ name, targetPort, targetPortName = name, number }) =>
      [name, own.get(targetPortName) ?? own.get(name) ?? targetPort ?? number] as const,
  );
  const { address, labels, weight, locality } = from;
  return {
    address,
    ports: Object.fromEntries(numbers),
    labels,
    weight,
    ...(locality === undefined ? {} : { locality }),
  };
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
