import type { Diagnostic } from "./diagnostic.ts";
import type { HeaderPolicy } from "./header-policy.ts";
import { covers } from "./lookup/host-match.ts";
import { listAllowed, nearestHost } from "./suggestion.ts";
import type { Mesh } from "./types.ts";

/** HeaderPolicies that can do nothing, or not all that they say. */
export function doubtfulHeaders(mesh: Mesh): Diagnostic[] {
  return mesh.headerPolicies.flatMap((policy) => [...unknownHosts(policy, mesh), ...routedBy(policy, mesh)]);
}

function warn(
  code: string,
  { ref }: HeaderPolicy,
  field: string,
  message: string,
  help: Pick<Diagnostic, "allowed" | "fix">,
): Diagnostic {
  return { severity: "warning", code, position: ref.position, object: ref, field, message, ...help };
}

function unknownHosts(policy: HeaderPolicy, mesh: Mesh): Diagnostic[] {
  const known = [
    ...new Set([...mesh.services.map(({ host }) => host), ...mesh.virtualServices.flatMap(({ hosts }) => hosts)]),
  ];
  return policy.hosts.flatMap((host, index) => {
    if (known.some((one) => covers(host, one) || covers(one, host))) return [];
    const near = nearestHost(host, known);
    const help = { allowed: listAllowed(known, 12), ...(near === undefined ? {} : { fix: `did you mean "${near}"?` }) };
    const message = `no ServiceEntry or VirtualService has the host ${host}`;
    return [warn("IST0101", policy, `spec.hosts[${index}]`, message, help)];
  });
}

/** Envoy chooses the route again after a change of a request's headers: those that routes match on must not change then. */
function routedBy(policy: HeaderPolicy, mesh: Mesh): Diagnostic[] {
  const { rename = {}, remove = [], set = {}, add = {}, default: defaults = {}, rewrite = {} } = policy.request ?? {};
  const written = [rename, set, add, defaults, rewrite].flatMap((one) => Object.keys(one));
  const changed = new Set([...written, ...Object.values(rename), ...remove]);
  const matched = mesh.virtualServices
    .filter(({ hosts }) => hosts.some((host) => policy.hosts.some((one) => covers(one, host) || covers(host, one))))
    .flatMap(({ http }) => http.flatMap(({ match }) => match))
    .flatMap(({ headers, withoutHeaders }) => [...Object.keys(headers), ...Object.keys(withoutHeaders)]);
  return [...new Set(matched)]
    .filter((name) => changed.has(name))
    .map((name) =>
      warn("SLU0011", policy, "spec.request", `routes of its hosts match on ${name}, which it therefore leaves alone`, {
        fix: `change ${name} by the VirtualService's headers`,
      }),
    );
}
