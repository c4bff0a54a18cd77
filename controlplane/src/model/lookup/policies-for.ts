import { ROOT_NAMESPACE } from "../gateway-workload.ts";
import type { AuthorizationPolicy, Labels, MeshObject, RequestAuthentication, Telemetry, Workload } from "../types.ts";
import { selects } from "./selector.ts";

type Selecting = MeshObject & { readonly selector: Labels };

/** The policies that a workload's proxy enforces: those of the root namespace and of its own, in the mesh's order. */
export function authorizationPoliciesFor(
  all: readonly AuthorizationPolicy[],
  workload: Workload,
): AuthorizationPolicy[] {
  return all.filter((policy) => selectsWorkload(policy, workload));
}

/** The token rules that a workload's proxy follows: all of those that apply, together. */
export function requestAuthenticationsFor(
  all: readonly RequestAuthentication[],
  workload: Workload,
): RequestAuthentication[] {
  return all.filter((authentication) => selectsWorkload(authentication, workload));
}

/**
 * The Telemetries of a workload's proxy, most general first: root namespace, own namespace, workload. Of those without a
 * selector in one namespace, and of those that select one workload, the first counts.
 */
export function telemetriesFor(all: readonly Telemetry[], workload: Workload): Telemetry[] {
  const applying = all.filter((telemetry) => selectsWorkload(telemetry, workload));
  const first = (namespace: string, selecting: boolean): Telemetry | undefined =>
    applying.find(({ ref, selector }) => ref.namespace === namespace && isSelecting(selector) === selecting);
  const root = first(ROOT_NAMESPACE, false);
  const own = workload.namespace === ROOT_NAMESPACE ? undefined : first(workload.namespace, false);
  return [root, own, first(workload.namespace, true)].filter((telemetry) => telemetry !== undefined);
}

function isSelecting(selector: Labels): boolean {
  return Object.keys(selector).length > 0;
}

/** Whether a workload is in the scope of an object's namespace, and its selector picks it. */
export function selectsWorkload({ ref, selector }: Selecting, workload: Workload): boolean {
  return (
    (ref.namespace === ROOT_NAMESPACE || ref.namespace === workload.namespace) && selects(selector, workload.labels)
  );
}
