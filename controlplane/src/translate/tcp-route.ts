import type { TcpMatch, TcpRoute, VirtualService } from "../model/types.ts";
import { resolve } from "./destination.ts";
import type { TcpChain, TcpTarget } from "./tcp-proxy.ts";
import { appliesTo } from "./view.ts";
import type { RouteView } from "./view.ts";

/** Where the first TCP route that holds for the view sends connections; undefined where none does. */
export function tcpTargets(virtualServices: readonly VirtualService[], view: RouteView): TcpChain | undefined {
  const route = virtualServices
    .flatMap(({ tcp }) => tcp)
    .find(({ match }) => match.length === 0 || match.some((one) => appliesTo(one, view)));
  return route && { targets: targetsOf(route, view) };
}

/**
 * The TCP routes that hold for the view where the address that a connection is for shows in the connection, as at a
 * gateway: those for ranges of addresses, and the first for any. Of two with one range the first stays.
 */
export function tcpChains(virtualServices: readonly VirtualService[], view: RouteView): readonly TcpChain[] {
  const taken = new Set<string>();
  const chains: TcpChain[] = [];
  for (const route of virtualServices.flatMap(({ tcp }) => tcp)) {
    const alternatives: readonly Pick<TcpMatch, "destinationSubnets">[] =
      route.match.length === 0 ? [{}] : route.match.filter((match) => appliesTo(match, view));
    for (const { destinationSubnets } of alternatives) {
      if (destinationSubnets === undefined) return [...chains, { targets: targetsOf(route, view) }];
      const free = destinationSubnets.filter((subnet) => taken.size < taken.add(subnet).size);
      if (free.length > 0) chains.push({ targets: targetsOf(route, view), destinations: free });
    }
  }
  return chains;
}

/**
 * The TLS routes that hold for the view by server name. Of two with one name, for the same addresses, the first stays, as
 * in an ordered list. `narrow` says which names of a match can come, the empty list for none.
 */
export function tlsChains(
  virtualServices: readonly VirtualService[],
  view: RouteView,
  narrow: (virtualService: VirtualService, sniHost: string) => readonly string[],
): readonly TcpChain[] {
  const taken = new Set<string>();
  return virtualServices.flatMap((virtualService) =>
    virtualService.tls.flatMap((route) =>
      route.match
        .filter((match) => appliesTo(match, view))
        .flatMap(({ sniHosts = [], destinationSubnets }) => {
          // A sidecar's view has decided by the service's addresses.
          const destinations = view.addresses === undefined ? destinationSubnets : undefined;
          const names = sniHosts.flatMap((host) => narrow(virtualService, host));
          const keys = (name: string): string => JSON.stringify([name, destinations]);
          const free = names.filter((name) => taken.size < taken.add(keys(name)).size);
          if (free.length === 0) return [];
          return [{ targets: targetsOf(route, view), serverNames: free, ...(destinations && { destinations }) }];
        }),
    ),
  );
}

// A weight of 0 is no destination, as for HTTP.
function targetsOf({ route }: TcpRoute, view: RouteView): TcpTarget[] {
  return route
    .filter(({ weight }) => weight > 0)
    .map(({ destination, weight }) => ({ ...resolve(destination, view), weight }));
}
