import type { VirtualService } from "../types.ts";
import { inFileOrder } from "./file-order.ts";
import { covers, mostSpecific } from "./host-match.ts";

/** Finds the VirtualService that sidecars use for a host; undefined where the service's default route applies. */
export type VirtualServiceLookup = (host: string) => VirtualService | undefined;

/**
 * Indexes the VirtualServices bound to `mesh`. For one host the first in file order counts (they are never merged
 * there); an exact host beats any wildcard, a longer wildcard a shorter one.
 */
export function indexMeshVirtualServices(all: readonly VirtualService[]): VirtualServiceLookup {
  const exact = new Map<string, VirtualService>();
  const wildcards = new Map<string, VirtualService>();
  for (const service of inFileOrder(all)) {
    if (!bindsTo(service, "mesh")) continue;
    for (const host of service.hosts) {
      const index = host.startsWith("*") ? wildcards : exact;
      if (!index.has(host)) index.set(host, service);
    }
  }
  const entries = [...wildcards];
  return (host) => exact.get(host) ?? mostSpecific(entries, ([pattern]) => pattern, host)?.[1];
}

/** A VirtualService at a gateway, with those of its hosts that a server of the gateway lets it have. */
export interface GatewayBinding {
  readonly virtualService: VirtualService;
  readonly hosts: readonly string[];
}

/**
 * The VirtualServices that bind to a server of a gateway, in file order: there, those of one host are merged in that
 * order. Of a host and a server's host the narrower one is served (Istio: pickMatchingGatewayHosts).
 */
export function bindingsAtGateway(
  all: readonly VirtualService[],
  gateway: string,
  serverHosts: readonly { readonly namespace: string; readonly host: string }[],
): GatewayBinding[] {
  return inFileOrder(all.filter((service) => bindsTo(service, gateway))).flatMap((virtualService) => {
    const open = serverHosts.filter(({ namespace }) => namespace === "*" || namespace === virtualService.ref.namespace);
    const hosts = new Set(
      virtualService.hosts.flatMap((host) => open.flatMap((server) => narrower(server.host, host))),
    );
    return hosts.size === 0 ? [] : [{ virtualService, hosts: [...hosts] }];
  });
}

function narrower(serverHost: string, host: string): string[] {
  if (covers(serverHost, host)) return [host];
  return covers(host, serverHost) ? [serverHost] : [];
}

/** A match may name gateways that the VirtualService's own list does not (they replace it, for that match). */
function bindsTo(service: VirtualService, gateway: string): boolean {
  return service.gateways.includes(gateway);
}
