import type { Diagnostic } from "./diagnostic.ts";
import { fixFor } from "./doubtful-gateways.ts";
import { clientSecretsOf, isThere } from "./lookup/secrets.ts";
import { selects } from "./lookup/selector.ts";
import { sidecarFor } from "./lookup/sidecar-for.ts";
import { listAllowed } from "./suggestion.ts";
import type { ClientTls, DestinationRule, Mesh, Proxy, TrafficPolicy } from "./types.ts";

/** TLS of DestinationRules and of the mesh whose certificates are missing: what needs them fails, and never goes on without. */
export function doubtfulRuleSecrets(mesh: Mesh): Diagnostic[] {
  const ofRules = mesh.destinationRules.flatMap((rule) =>
    tlsOf(rule).flatMap(([tls, path]) => missing(tls, path, rule, usersOf(rule, tls, mesh.proxies), mesh)),
  );
  return [...ofRules, ...ofMesh(mesh)];
}

/** The same of the TLS that the mesh has for hosts that nobody declared. */
function ofMesh(mesh: Mesh): Diagnostic[] {
  const { ref, outboundTls: tls, rootNamespace } = mesh.config;
  if (ref === undefined || tls === undefined) return [];
  const users = mesh.proxies.filter(
    ({ kind, workload }) =>
      kind === "sidecar" && sidecarFor(mesh.sidecars, workload, rootNamespace)?.outbound === undefined,
  );
  return missing(tls, "outboundTrafficPolicy.tls", { ref, host: "hosts that nobody declared" }, users, mesh);
}

/** Every TLS block of a rule, with the path of its field. */
function tlsOf({ trafficPolicy, subsets }: DestinationRule): (readonly [ClientTls, string])[] {
  const policies: (readonly [TrafficPolicy | undefined, string])[] = [
    [trafficPolicy, "spec.trafficPolicy"],
    ...subsets.map((subset, index) => [subset.trafficPolicy, `spec.subsets[${index}].trafficPolicy`] as const),
  ];
  return policies.flatMap(([policy, path]) => {
    const ports = (policy?.ports ?? []).map(
      (port, index) => [port.tls, `${path}.portLevelSettings[${index}].tls`] as const,
    );
    return [[policy?.tls, `${path}.tls`] as const, ...ports].flatMap(([tls, at]) => (tls ? [[tls, at] as const] : []));
  });
}

// Sidecars have Secrets by name only by rules that choose them; of their own certificate all have need.
function usersOf(
  { ref, exportTo, workloadSelector }: DestinationRule,
  tls: ClientTls,
  proxies: readonly Proxy[],
): Proxy[] {
  return proxies.filter(({ kind, workload }) =>
    workloadSelector === undefined
      ? (exportTo.includes("*") || exportTo.includes(workload.namespace)) &&
        (kind === "gateway" || tls.mode === "ISTIO_MUTUAL")
      : workload.namespace === ref.namespace && selects(workloadSelector, workload.labels),
  );
}

function missing(
  tls: ClientTls,
  path: string,
  { ref, host }: Pick<DestinationRule, "ref" | "host">,
  users: readonly Proxy[],
  { secrets }: Mesh,
): Diagnostic[] {
  const lacking = users.flatMap((proxy) => {
    const near = secrets.filter((secret) => secret.ref.namespace === proxy.workload.namespace);
    const needed = clientSecretsOf(tls, proxy.workload).find((one) => !isThere(one, near));
    return needed === undefined ? [] : [{ proxy, needed, near }];
  });
  const [first, ...others] = lacking;
  // A Secret that is named need not be everywhere; a workload's own has to be.
  if (first === undefined || (tls.mode !== "ISTIO_MUTUAL" && lacking.length < users.length)) return [];
  const { needed, near } = first;
  const { namespace, name } = first.proxy.workload;
  const names = near.map((secret) => secret.ref.name);
  const fix = fixFor(needed, names);
  const more = others.length === 0 ? "" : `, and ${others.length} more lack theirs`;
  return [
    {
      severity: "warning",
      code: "IST0101",
      position: ref.position,
      object: ref,
      field: `${path}.${needed.field}`,
      message: `the namespace ${namespace} of ${name} has no Secret ${needed.name} with what is needed${more}, so connections to ${host} fail`,
      allowed: names.length === 0 ? "none is declared" : listAllowed(names, 12),
      fix,
    },
  ];
}
