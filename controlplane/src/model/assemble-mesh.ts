import { assembleServices } from "./assemble-services.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Declared } from "./kinds/decode-object.ts";
import { mergeDelegates } from "./merge-delegates.ts";
import { objectsOf } from "./objects-of.ts";
import { deriveProxies } from "./proxies.ts";
import { withRegions } from "./regions.ts";
import type { Mesh } from "./types.ts";
import { withGroups } from "./workload-group.ts";

/** Builds the mesh of objects that are all good. */
export function assembleMesh(declared: readonly Declared[]): { mesh: Mesh; diagnostics: readonly Diagnostic[] } {
  const { serviceEntries, endpointSlices, virtualServices, workloadGroups, ...rest } = objectsOf(declared);
  const grouped = withGroups(rest.workloads, workloadGroups);
  const lists = { ...rest, workloads: grouped.workloads };
  const services = assembleServices(serviceEntries, lists.workloads, withRegions(endpointSlices, lists.workloads));
  const merged = mergeDelegates(virtualServices);
  const { proxies, diagnostics } = deriveProxies({ services, ...lists });
  return {
    mesh: {
      services,
      virtualServices: merged.virtualServices,
      ...lists,
      proxies,
    },
    diagnostics: [...grouped.diagnostics, ...merged.diagnostics, ...diagnostics],
  };
}
