import type { AuthorizationPolicy, Labels, MeshObject, RequestAuthentication, Telemetry, Workload } from "../types.ts";
import { selects } from "./selector.ts";

type Selecting = MeshObject & { readonly selector: Labels };

/** The policies that a workload's proxy enforces: those of the root namespace and of its own, in the mesh's order. */
export function authorizationPoliciesFor(
  all: readonly AuthorizationPolicy[],
  workload: Workload,
  rootNamespace: string,
): AuthorizationPolicy[] {
  return all.filter((policy) => selectsWorkload(policy, workload, rootNamespace));
}

/** The token rules that a workload's proxy follows: all of those that apply, together. */
export function requestAuthenticationsFor(
  all: readonly RequestAuthentication[],
  workload: Workload,
  rootNamespace: string,
): RequestAuthentication[] {
  return all.filter((authentication) => selectsWorkload(authentication, workload, rootNamespace));
}

/**
 * The Telemetries of a workload's proxy, most general first: root namespace, own namespace, workload. Of those without a
 * selector in one namespace, and of those that select one workload, the first counts.
 */
export function telemetriesFor(all: readonly Telemetry[], workload: Workload, rootNamespace: string): Telemetry[] {
  const applying = all.filter((telemetry) => selectsWorkload(telemetry, workload, rootNamespace));
  const first = (namespace: string, selecting: boolean): Telemetry | undefined =>
    applying.find(({ ref, selector }) => ref.namespace === namespace && isSelecting(selector) === selecting);
  const root = first(rootNamespace, false);
  const own = workload.namespace === rootNamespace ? undefined : first(workload.namespace, false);
  return [root, own, first(workload.namespace, true)].filter((telemetry) => telemetry !== undefined);
}

function isSelecting(selector: Labels): boolean {
  return Object.keys(selector).length > 0;
}

/** Whether a workload is in the scope of an object's namespace, and its selector picks it. */
export function selectsWorkload({ ref, selector }: Selecting, workload: Workload, rootNamespace: string): boolean {
  return (
    (ref.namespace === rootNamespace || ref.namespace === workload.namespace) && selects(selector, workload.labels)
  );
}
