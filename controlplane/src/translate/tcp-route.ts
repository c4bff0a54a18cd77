import type { TcpRoute, VirtualService } from "../model/types.ts";
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
 * The TLS routes that hold for the view by server name. Of two with one name the first stays, as in an ordered list.
 * `narrow` says which names of a match can come, the empty list for none.
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
        .flatMap(({ sniHosts = [] }) => {
          const names = sniHosts.flatMap((host) => narrow(virtualService, host));
          const free = names.filter((name) => taken.size < taken.add(name).size);
          return free.length > 0 ? [{ targets: targetsOf(route, view), serverNames: free }] : [];
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
