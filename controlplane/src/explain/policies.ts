import type { FaultInjection, HeaderPolicy } from "../model/index.ts";
import type { Workload } from "../model/types.ts";
import { faultInjectionsFor } from "../translate/fault-injections.ts";
import { headerPoliciesFor } from "../translate/header-policies.ts";
import type { MeshIndex } from "../translate/mesh-index.ts";
import { placeOfObject } from "./place.ts";
import type { DestinationShare, Effect } from "./types.ts";

/** A route in the proxy that takes the request in. */
export interface RoutePlace {
  readonly index: MeshIndex;
  readonly client: Workload;
  /** The host that the request is for, and the name of its route. */
  readonly host: string;
  readonly route: string | undefined;
  readonly destinations: readonly DestinationShare[];
}

/** What FaultInjections and HeaderPolicies do on the way, in the client's proxy and in the destinations'. */
export function policyEffects(place: RoutePlace): Effect[] {
  const { index, client, host, route } = place;
  const atClient = faultInjectionsFor(index.mesh, { side: "CLIENT", workload: client, host, route }, index.now);
  const headers = headerPoliciesFor({ index, client, host, gateways: new Set(), port: 0 }, route);
  return [
    ...[...atClient, ...atServers(place)].map((injection) => faultEffect(injection, index.now)),
    ...headers.map(headerEffect),
  ];
}

function atServers({ index: { mesh, now }, destinations }: RoutePlace): FaultInjection[] {
  const found = destinations.flatMap(({ workloads, host }) =>
    mesh.proxies
      .filter(({ id }) => workloads.includes(id))
      .flatMap(({ workload }) => faultInjectionsFor(mesh, { side: "SERVER", workload, host }, now)),
  );
  return [...new Map(found.map((injection) => [injection.ref, injection])).values()];
}

function faultEffect(injection: FaultInjection, now: number): Effect {
  const { delay, abort, match, phase, side, expiresMs } = injection;
  const parts = [
    ...(delay === undefined ? [] : [`${delay.perMillion / 10_000} % delayed`]),
    ...(abort === undefined ? [] : [`${abort.perMillion / 10_000} % aborted`]),
  ];
  const where = side === "CLIENT" ? "" : " by the destination's sidecar";
  const when = phase === "REQUEST" ? "" : ", as the answer comes";
  const which = match.length === 0 ? "" : ", of requests that its match lets in";
  return {
    kind: "fault",
    text: `${parts.join(", ")}${where}${when}${which}, for ${Math.ceil((expiresMs - now) / 60_000)} min`,
    from: placeOfObject(injection),
  };
}

function headerEffect(policy: HeaderPolicy): Effect {
  const sides = (["request", "response"] as const).filter((side) => policy[side] !== undefined);
  const all = [...sides, ...(policy.cookies.length > 0 ? ["cookies"] : [])];
  return { kind: "headers", text: `${all.join(", ")} rewritten`, from: placeOfObject(policy) };
}
