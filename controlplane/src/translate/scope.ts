import type { Labels, MeshObject, Telemetry, Workload } from "../model/types.ts";

/** Istio's mesh-wide configuration namespace: policies in it apply to every namespace. */
export const rootNamespace = "istio-system";

/** Whether every label of the selector is set so; an empty selector selects everything. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

type Policy = MeshObject & { readonly selector: Labels };

/** The policies that apply to a workload: in its namespace or the root namespace, and selecting it. */
export function applying<P extends Policy>(policies: readonly P[], workload: Workload): readonly P[] {
  return policies.filter(
    ({ ref, selector }) =>
      (ref.namespace === rootNamespace || ref.namespace === workload.namespace) && selects(selector, workload.labels),
  );
}

/** The telemetries of a workload, most general first: the mesh's, its namespace's, then those with a selector. */
export function applyingTelemetries(telemetries: readonly Telemetry[], workload: Workload): readonly Telemetry[] {
  const rank = ({ ref, selector }: Telemetry): number =>
    Object.keys(selector).length > 0
      ? 2
      : ref.namespace === workload.namespace && ref.namespace !== rootNamespace
        ? 1
        : 0;
  return applying(telemetries, workload).toSorted((a, b) => rank(a) - rank(b));
}
