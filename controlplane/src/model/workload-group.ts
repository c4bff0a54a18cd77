import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listAllowed } from "./suggestion.ts";
import type { Labels, MeshObject, Workload } from "./types.ts";

/** Istio: WorkloadGroup; what the WorkloadEntries of a group have in common. */
export interface WorkloadGroup extends MeshObject {
  readonly template: {
    readonly labels: Labels;
    readonly ports?: Readonly<Record<string, number>>;
    readonly weight?: number;
    readonly locality?: string;
    readonly serviceAccount?: string;
  };
}

/** Istio's annotation of a WorkloadEntry that was made from a group. */
export const GROUP_ANNOTATION = "istio.io/autoRegistrationGroup";

/**
 * The workloads with what their groups say, where they do not say it themselves: labels and ports one by one. A group is
 * looked for in the workload's own namespace.
 */
export function withGroups(
  workloads: readonly Workload[],
  groups: readonly WorkloadGroup[],
): { readonly workloads: readonly Workload[]; readonly diagnostics: readonly Diagnostic[] } {
  if (workloads.every(({ group }) => group === undefined)) return { workloads, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const joined = workloads.map((workload) => {
    if (workload.group === undefined) return workload;
    const near = groups.filter(({ ref }) => ref.namespace === workload.namespace);
    const found = near.find(({ ref }) => ref.name === workload.group);
    if (found === undefined)
      diagnostics.push(
        unknownGroup(
          workload,
          near.map(({ ref }) => ref.name),
        ),
      );
    return found === undefined ? workload : withTemplate(workload, found);
  });
  return { workloads: joined, diagnostics };
}

function withTemplate(workload: Workload, { template }: WorkloadGroup): Workload {
  const locality = workload.locality ?? template.locality;
  return {
    ...workload,
    labels: { ...template.labels, ...workload.labels },
    ports: { ...template.ports, ...workload.ports },
    // A weight of 1 is what an entry has that says none.
    weight: workload.weight === 1 ? (template.weight ?? 1) : workload.weight,
    serviceAccount: workload.serviceAccount === "" ? (template.serviceAccount ?? "") : workload.serviceAccount,
    ...(locality === undefined ? {} : { locality }),
  };
}

function unknownGroup({ ref, group = "" }: Workload, known: readonly string[]): Diagnostic {
  const fix = didYouMean(group, known);
  return {
    severity: "warning",
    code: "IST0101",
    position: ref.position,
    object: ref,
    field: `metadata.annotations["${GROUP_ANNOTATION}"]`,
    message: `there is no WorkloadGroup ${group} in the namespace ${ref.namespace}, so nothing is taken from it`,
    ...(known.length === 0 ? {} : { allowed: listAllowed(known, 12) }),
    ...(fix === undefined ? {} : { fix }),
  };
}
