import type { Diagnostic } from "./diagnostic.ts";
import { covers } from "./lookup/host-match.ts";
import type { Mesh, TcpRoute, VirtualService } from "./types.ts";

/**
 * Subnets of destinations that no connection of a sidecar's is for: a program asks its sidecar for a service, which is in
 * a subnet by its addresses only.
 */
export function doubtfulSubnets({ virtualServices, services }: Mesh): Diagnostic[] {
  const withSubnets = virtualServices.filter(
    ({ gateways, tcp, tls }) => gateways.includes("mesh") && [...tcp, ...tls].some(hasSubnets),
  );
  return withSubnets.flatMap((one) => {
    const isOf = (host: string): boolean => one.hosts.some((own) => covers(own, host));
    if (services.some(({ host, addresses = [] }) => addresses.length > 0 && isOf(host))) return [];
    return [...inRoutes(one, "tcp"), ...inRoutes(one, "tls")];
  });
}

function hasSubnets({ match }: TcpRoute): boolean {
  return match.some(({ destinationSubnets }) => destinationSubnets !== undefined);
}

function inRoutes({ ref, ...routes }: VirtualService, kind: "tcp" | "tls"): Diagnostic[] {
  return routes[kind].flatMap(({ match }, route) =>
    match.flatMap(({ destinationSubnets }, index): Diagnostic[] => {
      if (destinationSubnets === undefined) return [];
      const field = `spec.${kind}[${route}].match[${index}].destinationSubnets`;
      return [
        {
          severity: "warning",
          code: "IST0131",
          position: ref.position,
          object: ref,
          field,
          message: `${field} takes no connection of a sidecar's, as no service of these hosts has an address`,
          fix: "add addresses to the ServiceEntry, or take the subnets away",
        },
      ];
    }),
  );
}
