import type { Proxy } from "../model/types.ts";
import type { Rejection } from "../snapshot/rejection.ts";
import type { ProxySnapshot } from "../snapshot/types.ts";
import type { StreamState } from "../xds/state.ts";
import { outcomes } from "./objects.ts";
import type { Counts, Outcome } from "./objects.ts";
import { proxyStatus, standings } from "./proxies.ts";
import type { StreamFacts } from "./proxies.ts";
import type { ProxyStatus } from "./types.ts";

/** All that the status of one proxy is made from. */
interface Basis {
  readonly kind: Proxy["kind"];
  readonly snapshot: ProxySnapshot | undefined;
  /** Made anew each time it is asked for, so it is compared field by field. */
  readonly stream: StreamFacts | undefined;
  readonly states: readonly (readonly [StreamState, number])[];
  readonly rejections: readonly Rejection[];
}

interface Remembered {
  readonly basis: Basis;
  readonly status: ProxyStatus;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/**
 * Keeps each proxy's status until something happens on its streams or to what it should have: who asks for the status again
 * and again while a change goes out to thousands of proxies pays for those that have moved.
 */
export class StatusMemory {
  readonly #proxies = new Map<string, Remembered>();
  /** By object, see objectKey: of all proxies that are remembered. */
  readonly counts = new Map<string, Counts>();

  of(
    proxy: Proxy,
    snapshot: ProxySnapshot | undefined,
    stream: StreamFacts | undefined,
    rejections: readonly Rejection[],
  ): ProxyStatus {
    const states = stream?.states ?? [];
    const basis: Basis = {
      kind: proxy.kind,
      snapshot,
      stream,
      states: states.map((state) => [state, state.revision]),
      rejections,
    };
    const known = this.#proxies.get(proxy.id);
    if (known !== undefined && isSame(known.basis, basis)) return known.status;
    const all = standings(snapshot, states);
    const status = proxyStatus(proxy, all, stream, rejections);
    this.#forget(proxy.id);
    const made = { basis, status, outcomes: outcomes(all, status.rejected) };
    this.#proxies.set(proxy.id, made);
    this.#count(made.outcomes, 1);
    return status;
  }

  /** Forgets all others. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#proxies.keys()) if (!ids.has(id)) this.#forget(id);
  }

  #forget(id: string): void {
    const known = this.#proxies.get(id);
    if (known === undefined) return;
    this.#proxies.delete(id);
    this.#count(known.outcomes, -1);
  }

  #count(of: ReadonlyMap<string, Outcome>, by: 1 | -1): void {
    for (const [key, outcome] of of) {
      const entry = this.counts.get(key) ?? { total: 0, acked: 0, rejected: 0 };
      this.counts.set(key, entry);
      entry.total += by;
      if (outcome !== "open") entry[outcome] += by;
      if (entry.total === 0) this.counts.delete(key);
    }
  }
}

function isSame(a: Basis, b: Basis): boolean {
  return (
    a.kind === b.kind &&
    a.snapshot === b.snapshot &&
    isSameStream(a.stream, b.stream) &&
    a.states.length === b.states.length &&
    a.states.every(([state, revision], index) => state === b.states[index]?.[0] && revision === b.states[index][1]) &&
    a.rejections.length === b.rejections.length &&
    a.rejections.every((each, index) => each === b.rejections[index])
  );
}

function isSameStream(a: Basis["stream"], b: Basis["stream"]): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.connectedSince === b.connectedSince &&
    a.lastAck === b.lastAck &&
    a.nodeId === b.nodeId &&
    a.envoyVersion === b.envoyVersion &&
    a.proxyClass === b.proxyClass
  );
}
