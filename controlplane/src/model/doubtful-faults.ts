import type { Diagnostic } from "./diagnostic.ts";
import type { FaultInjection } from "./fault-injection.ts";
import { covers } from "./lookup/host-match.ts";
import { didYouMean, listAllowed, nearestHost } from "./suggestion.ts";
import type { Mesh } from "./types.ts";

/** FaultInjections that can do nothing, or that another one comes before. */
export function doubtfulFaults(mesh: Mesh): Diagnostic[] {
  return mesh.faultInjections.flatMap((injection, index) => [
    ...unknownHosts(injection, mesh),
    ...unknownRoutes(injection, mesh),
    ...hiddenBy(injection, mesh.faultInjections.slice(0, index)),
  ]);
}

function warn(code: string, { ref }: FaultInjection, field: string, message: string, help: Help = {}): Diagnostic {
  return { severity: "warning", code, position: ref.position, object: ref, field, message, ...help };
}

type Help = Pick<Diagnostic, "allowed" | "fix">;

function fixed(fix: string | undefined): Help {
  return fix === undefined ? {} : { fix };
}

function unknownHosts(injection: FaultInjection, mesh: Mesh): Diagnostic[] {
  const virtual = injection.side === "CLIENT" ? mesh.virtualServices.flatMap(({ hosts }) => hosts) : [];
  const known = [...new Set([...mesh.services.map(({ host }) => host), ...virtual])];
  return injection.hosts.flatMap((host, index) => {
    if (known.some((one) => covers(host, one) || covers(one, host))) return [];
    const near = nearestHost(host, known);
    const message = `no ServiceEntry or VirtualService has the host ${host}`;
    const help = { allowed: listAllowed(known, 12), ...fixed(near && `did you mean "${near}"?`) };
    return [warn("IST0101", injection, `spec.hosts[${index}]`, message, help)];
  });
}

function unknownRoutes(injection: FaultInjection, mesh: Mesh): Diagnostic[] {
  const ofHosts = mesh.virtualServices.filter(({ hosts }) =>
    hosts.some((host) => injection.hosts.some((pattern) => covers(pattern, host) || covers(host, pattern))),
  );
  const known = ofHosts.flatMap(({ http }) => http.flatMap(({ name }) => (name === undefined ? [] : [name])));
  return injection.routes.flatMap((route, index) => {
    if (known.includes(route)) return [];
    const allowed = known.length === 0 ? "none of its hosts' routes has a name" : listAllowed(known, 12);
    const help = { allowed, ...fixed(didYouMean(route, known)) };
    return [warn("IST0101", injection, `spec.routes[${index}]`, `its hosts have no route "${route}"`, help)];
  });
}

/** Of the injections on one route the first that matches acts, and one without a match takes every request. */
function hiddenBy(injection: FaultInjection, earlier: readonly FaultInjection[]): Diagnostic[] {
  const other = earlier.find((one) => takesAllOf(one, injection));
  if (other === undefined) return [];
  const name = `FaultInjection ${other.ref.namespace}/${other.ref.name}`;
  const message = `${name} takes all of its requests, so it has no effect before that one has ended`;
  return [warn("SLU0010", injection, "spec", message, { fix: `narrow ${name} with match, routes or selector` })];
}

function takesAllOf(one: FaultInjection, later: FaultInjection): boolean {
  const isWide = one.match.length === 0 && one.attempts === undefined && Object.keys(one.selector).length === 0;
  return (
    isWide &&
    one.side === later.side &&
    one.expiresMs >= later.expiresMs &&
    one.optOutHeader === later.optOutHeader &&
    one.ref.namespace === later.ref.namespace &&
    later.hosts.every((host) => one.hosts.some((pattern) => covers(pattern, host))) &&
    (one.routes.length === 0 || (later.routes.length > 0 && later.routes.every((route) => one.routes.includes(route))))
  );
}
