import type { Diagnostic } from "./diagnostic.ts";
import { gatewayPorts, type LostServer } from "./lookup/gateway-ports.ts";
import { isThere, secretsOf, type NeededSecret } from "./lookup/secrets.ts";
import { listAllowed, nearest } from "./suggestion.ts";
import type { Gateway, Mesh, Proxy } from "./types.ts";

/** Servers of gateways that do not run: another is in the way (IST0145), or a certificate is missing (IST0161). */
export function doubtfulGateways(mesh: Mesh): Diagnostic[] {
  const found = mesh.proxies
    .filter(({ kind }) => kind === "gateway")
    .flatMap((proxy) => [
      ...gatewayPorts(proxy.gateways).lost.map(lostServer),
      ...proxy.gateways.flatMap((gateway) => missingSecrets(gateway, proxy, mesh)),
    ]);
  // A Gateway may run in several proxies.
  return [...new Map(found.map((one) => [JSON.stringify([one.object, one.field, one.message]), one])).values()];
}

function lostServer({ lost, winner, host }: LostServer): Diagnostic {
  const { gateway, server, index } = lost;
  const { ref } = winner.gateway;
  const at = `port ${server.port.number} of ${ref.kind} ${ref.namespace}/${ref.name}`;
  return {
    severity: "warning",
    code: "IST0145",
    position: gateway.ref.position,
    object: gateway.ref,
    field: `spec.servers[${index}]`,
    message:
      host === undefined
        ? `it does not run: ${at} speaks ${winner.server.port.protocol} and comes first`
        : `it does not run: ${at} has the host ${host} too, and comes first`,
    fix: "give it another port",
  };
}

function missingSecrets(gateway: Gateway, { workload }: Proxy, { secrets }: Mesh): Diagnostic[] {
  const near = secrets.filter(({ ref }) => ref.namespace === workload.namespace);
  return gateway.servers.flatMap(({ tls }, index) =>
    secretsOf(tls, workload).flatMap((needed): Diagnostic[] => {
      if (isThere(needed, near)) return [];
      const { field, name } = needed;
      const names = near.map(({ ref }) => ref.name);
      const fix = fixFor(needed, names);
      return [
        {
          severity: "warning",
          code: "IST0161",
          position: gateway.ref.position,
          object: gateway.ref,
          field: `spec.servers[${index}].tls.${field}`,
          message: `the namespace ${workload.namespace} of ${workload.name} has no Secret ${name} with what is needed, so this server does not run`,
          allowed: names.length === 0 ? "none is declared" : listAllowed(names, 12),
          fix,
        },
      ];
    }),
  );
}

/** What to do about a Secret that is not there. */
export function fixFor({ field, name, what }: NeededSecret, names: readonly string[]): string {
  const near = nearest(name, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (field === "mode")
    return `add a Secret ${name} with cert-chain.pem, key.pem and root-cert.pem, or write mode: MUTUAL`;
  return `add a Secret ${name} with ${what === "certificate" ? "tls.crt and tls.key" : "ca.crt"}`;
}
