import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";

/** The virtual host that answers for an authority, and which of its domains says so. */
export interface ChosenHost {
  readonly virtualHost: VirtualHost;
  readonly domain: string;
}

/**
 * Envoy's choice: the exact domain, else the longest `*suffix`, else the longest `prefix*`, else `*`. Letters count without
 * their case. A wildcard stands for at least one character.
 */
export function chooseVirtualHost(
  { virtualHosts, ignorePortInHostMatching }: RouteConfiguration,
  authority: string,
): ChosenHost | undefined {
  const host = (ignorePortInHostMatching ? withoutPort(authority) : authority).toLowerCase();
  const all = virtualHosts.flatMap((virtualHost) => virtualHost.domains.map((domain) => ({ virtualHost, domain })));
  const candidates = all
    .map((one) => ({ ...one, rank: rankOf(one.domain.toLowerCase(), host) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => compareRanks(b.rank ?? [], a.rank ?? []));
  const [best] = candidates;
  return best && { virtualHost: best.virtualHost, domain: best.domain };
}

/** Kind of the match, the better the higher, then its length; undefined for none. */
function rankOf(domain: string, host: string): readonly number[] | undefined {
  if (domain === host && domain !== "*") return [3, 0];
  if (domain === "*") return [0, 0];
  if (domain.startsWith("*")) {
    const suffix = domain.slice(1);
    return host.endsWith(suffix) && host.length > suffix.length ? [2, suffix.length] : undefined;
  }
  if (!domain.endsWith("*")) return undefined;
  const prefix = domain.slice(0, -1);
  return host.startsWith(prefix) && host.length > prefix.length ? [1, prefix.length] : undefined;
}

function compareRanks([a = 0, b = 0]: readonly number[], [c = 0, d = 0]: readonly number[]): number {
  return a - c || b - d;
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/, "");
}
