import type { Diagnostic } from "./diagnostic.ts";
import { isWildcard } from "./lookup/host-match.ts";
import type { Mesh } from "./types.ts";

/** Ports of a whole domain that no connection can be led through, as nothing in it says which of the hosts it is for. */
export function unreachableDomains({ services }: Mesh): Diagnostic[] {
  return services.flatMap(({ ref, host, resolution, endpoints, ports }) => {
    const isByName = resolution === "NONE" || resolution === "DYNAMIC_DNS";
    if (!isByName || !isWildcard(host) || endpoints.length > 0) return [];
    return ports.flatMap(({ name, protocol }, index): Diagnostic[] =>
      protocol !== "TCP"
        ? []
        : [
            {
              severity: "warning",
              code: "SLU0011",
              position: ref.position,
              object: ref,
              field: `spec.ports[${index}].protocol`,
              message: `connections to the port ${name} of ${host} fail, as nothing in plain TCP says which host they are for`,
              allowed: "HTTP, HTTP2, GRPC, TLS, HTTPS",
              fix: "write protocol: TLS, or declare each host by itself",
            },
          ],
    );
  });
}
