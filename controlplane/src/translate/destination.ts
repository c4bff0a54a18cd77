import type { Destination, HashKey, Headers, Service, Tunnel } from "../model/types.ts";
import { isWildcard } from "../model/index.ts";
import { subsetPolicy } from "./destination-rule.ts";
import { asBalanced, isResolvedByRequest } from "./forward-proxy.ts";
import { outboundCluster } from "./names.ts";
import type { RouteView } from "./view.ts";

/** Where a route's destination leads to. */
export interface Target {
  /** Name of its cluster; where no service or subset is of that name, Envoy answers 503. */
  readonly cluster: string;
  readonly service: Service | undefined;
  /** What the destination's cluster hashes, if it does. */
  readonly hashKey: HashKey | undefined;
  /** For connections that are passed on: through which proxy, and how long they may be silent. */
  readonly tunnel?: Tunnel;
  readonly idleTimeoutMs?: number;
  readonly maxDurationMs?: number;
  /** Present where each host of the service is what its name resolves to; `authority` where the destination names one. */
  readonly resolved?: { readonly port: number; readonly authority?: string };
}

/** One of a route's destinations. */
export interface WeightedTarget extends Target {
  readonly weight: number;
  readonly headers: Headers | undefined;
}

/** Resolves a destination as Istio does: without a port it is the service's only one, or the one that the client used. */
export function resolve({ host, subset, port }: Destination, view: RouteView): Target {
  const service = view.index.serviceByHost.find(host);
  const only = service?.ports.length === 1 ? service.ports[0]?.number : undefined;
  const number = port ?? only ?? view.port;
  const policy = service && subsetPolicy(view.index.rules.find(view.client, service), subset ?? "", number);
  const { loadBalancer: balancer, tunnel, connectionPool } = policy ?? {};
  const { tcpIdleTimeoutMs: idleTimeoutMs, maxConnectionDurationMs: maxDurationMs } = connectionPool ?? {};
  return {
    // A service for a whole domain has one cluster for all of its hosts.
    cluster: outboundCluster(number, subset ?? "", service?.host ?? host),
    service,
    hashKey: balancer && "consistentHash" in balancer ? balancer.consistentHash : undefined,
    ...(service && isResolvedByRequest(asBalanced(service, balancer))
      ? { resolved: { port: number, ...(isWildcard(host) ? {} : { authority: `${host}:${number}` }) } }
      : {}),
    ...(tunnel && { tunnel }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
  };
}
