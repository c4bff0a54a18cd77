import type { HeaderPolicy } from "../model/header-policy.ts";
import { covers, selectsWorkload } from "../model/index.ts";
import type { Mesh, Workload } from "../model/types.ts";
import type { RouteView } from "./view.ts";

/** The HeaderPolicies of a route, in the mesh's order; `route` is its name, where it has one. */
export function headerPoliciesFor(
  { index, client, host = "" }: RouteView,
  route: string | undefined,
): readonly HeaderPolicy[] {
  const { headerPolicies, config } = index.mesh;
  if (headerPolicies.length === 0) return headerPolicies;
  return headerPolicies
    .filter(({ hosts }) => hosts.some((pattern) => covers(pattern, host)))
    .filter(({ routes }) => routes.length === 0 || (route !== undefined && routes.includes(route)))
    .filter((policy) => selectsWorkload(policy, client, config.rootNamespace));
}

/** A function from client to a key: clients with equal keys have the same HeaderPolicies on their routes. */
export function headerPolicyKey({ headerPolicies, config: { rootNamespace } }: Mesh): (client: Workload) => string {
  return (client) =>
    headerPolicies.map((policy) => (selectsWorkload(policy, client, rootNamespace) ? "1" : "0")).join("");
}
