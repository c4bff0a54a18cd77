import type { AuthorizationPolicy, Labels, MeshObject, Telemetry, Workload } from "../types.ts";
import { selects } from "./selector.ts";

type Selecting = MeshObject & { readonly selector: Labels };

/** The policies that a workload's proxy enforces: those of the root namespace and of its own, in the mesh's order. */
export function authorizationPoliciesFor(
  all: readonly AuthorizationPolicy[],
  workload: Workload,
  rootNamespace: string,
): AuthorizationPolicy[] {
  return all.filter((policy) => applies(policy, workload, rootNamespace));
}

/**
 * The Telemetries of a workload's proxy, most general first: root namespace, own namespace, workload. Of those without a
 * selector in one namespace, and of those that select one workload, the first counts.
 */
export function telemetriesFor(all: readonly Telemetry[], workload: Workload, rootNamespace: string): Telemetry[] {
  const applying = all.filter((telemetry) => applies(telemetry, workload, rootNamespace));
  const first = (namespace: string, selecting: boolean): Telemetry | undefined =>
    applying.find(({ ref, selector }) => ref.namespace === namespace && isSelecting(selector) === selecting);
  const root = first(rootNamespace, false);
  const own = workload.namespace === rootNamespace ? undefined : first(workload.namespace, false);
  return [root, own, first(workload.namespace, true)].filter((telemetry) => telemetry !== undefined);
}

function isSelecting(selector: Labels): boolean {
  return Object.keys(selector).length > 0;
}

function applies({ ref, selector }: Selecting, workload: Workload, rootNamespace: string): boolean {
  return (
    (ref.namespace === rootNamespace || ref.namespace === workload.namespace) && selects(selector, workload.labels)
  );
}
