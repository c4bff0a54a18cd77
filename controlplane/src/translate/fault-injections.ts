import type { FaultInjection } from "../model/fault-injection.ts";
import { covers, selectsWorkload } from "../model/index.ts";
import type { Mesh, Workload } from "../model/types.ts";

/** A lease is renewed so often in its length, so that a control plane may be late twice. */
const RENEWALS = 3;

/** What an injection is asked about: a request to `host` in the proxy of `workload`. */
export interface FaultTarget {
  readonly side: FaultInjection["side"];
  readonly workload: Workload;
  readonly host: string;
  /** Name of the VirtualService's route, where it has one. */
  readonly route?: string | undefined;
}

/**
 * The injections for a target, in the mesh's order, without those that have ended by `now` (milliseconds since 1970).
 * The end of each is the one that the filter enforces: its lease's, if that comes first.
 */
export function faultInjectionsFor(
  { faultInjections, config }: Mesh,
  { side, workload, host, route }: FaultTarget,
  now: number,
): readonly FaultInjection[] {
  if (faultInjections.length === 0) return faultInjections;
  return faultInjections
    .filter((injection) => injection.side === side && injection.expiresMs > now)
    .filter(({ hosts }) => hosts.some((pattern) => covers(pattern, host)))
    .filter(({ routes }) => routes.length === 0 || (route !== undefined && routes.includes(route)))
    .filter((injection) => selectsWorkload(injection, workload, config.rootNamespace))
    .map((injection) => ({ ...injection, expiresMs: Math.min(injection.expiresMs, leaseEnd(injection, now)) }));
}

/**
 * Whether requests tell their attempt: some injection in the sidecars of their destinations asks for it. All routes do then,
 * since any of them may lead there.
 */
export function countsAttempts(all: readonly FaultInjection[]): boolean {
  return all.some(({ side, attempts }) => side === "SERVER" && attempts !== undefined);
}

/** When translation has to be repeated though nothing of the user's has changed: a lease is due, or an injection ends. */
export function nextFaultChange({ faultInjections }: Pick<Mesh, "faultInjections">, now: number): number | undefined {
  const times = faultInjections
    .filter(({ expiresMs }) => expiresMs > now)
    .flatMap(({ expiresMs, leaseMs }) =>
      leaseMs === undefined ? [expiresMs] : [expiresMs, nextRenewal(leaseMs, now)],
    );
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A function from client to a key: clients with equal keys have the same injections on their routes. */
export function faultKey({ faultInjections, config: { rootNamespace } }: Mesh): (client: Workload) => string {
  const all = faultInjections.filter(({ side }) => side === "CLIENT");
  return (client) => all.map((injection) => (selectsWorkload(injection, client, rootNamespace) ? "1" : "0")).join("");
}

/** Whether faults may be injected into a workload's inbound routes, now or later. */
export function serverFaults({
  faultInjections,
  proxies,
  config: { rootNamespace },
}: Mesh): (workload: Workload) => boolean {
  const disturbed = new Set<Workload>();
  for (const injection of faultInjections.filter(({ side }) => side === "SERVER")) {
    const selected = proxies.filter((proxy) => selectsWorkload(injection, proxy.workload, rootNamespace));
    for (const { workload, inbound } of selected) {
      const hosts = inbound.flatMap(({ service }) => (service ? [service.host] : []));
      if (hosts.some((host) => injection.hosts.some((pattern) => covers(pattern, host)))) disturbed.add(workload);
    }
  }
  return (workload) => disturbed.has(workload);
}

// Ends stand on a grid of time, so that all that is translated between two renewals is the same.
function leaseEnd({ leaseMs }: FaultInjection, now: number): number {
  return leaseMs === undefined ? Number.POSITIVE_INFINITY : nextRenewal(leaseMs, now) + leaseMs - period(leaseMs);
}

function nextRenewal(leaseMs: number, now: number): number {
  return (Math.floor(now / period(leaseMs)) + 1) * period(leaseMs);
}

function period(leaseMs: number): number {
  return Math.floor(leaseMs / RENEWALS);
}
