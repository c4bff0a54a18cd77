import { forEachKind } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";
import { hasWork, isBusy, send } from "./send.ts";
import type { Wanted } from "./send.ts";
import { typeOf, resourceFor } from "./state.ts";
import type { Gate, StreamState, TypeState } from "./state.ts";
import { oweAnswer } from "./subscribe.ts";
import type { DiscoveryResponse } from "./types.ts";

const changes: Wanted = (need) => need !== "removal";
const removals: Wanted = (need) => need === "removal";
const everything: Wanted = () => true;

/**
 * Sends what may be sent now. Make before break, in the order of the protocol's text: clusters and endpoints; when Envoy
 * has accepted these, listeners and routes; then what is gone, the users before the used. Envoy holds its ACK of clusters
 * back until the new ones are warm, so a route never names a cluster that cannot take requests yet. Endpoints, and
 * extension configs that are new, are answered at once, since warming clusters and listeners wait for them.
 *
 * Each phase looks at what is pending towards the newest snapshot; snapshots that come while a phase waits simply merge.
 */
export function flush(state: StreamState, now: number): DiscoveryResponse[] {
  const out: DiscoveryResponse[] = [];
  const cluster = typeOf(state, "cluster");
  const listener = typeOf(state, "listener");
  const routing = [typeOf(state, "route"), typeOf(state, "virtualHost")];

  const clusters = send(state, cluster, changes, now);
  out.push(...clusters);
  oweEndpoints(state, clusters);
  for (const type of state.types.values()) {
    if (type.kind === "extension") out.push(...flushExtensions(state, type, now));
    else if (!isGated(type.kind)) out.push(...send(state, type, changes, now));
  }

  // A listener that goes leaves together with those that come: nothing refers to it, and Envoy removes first, so that
  // a new listener can take its address.
  const work = hasWork(state, listener, everything) || routing.some((type) => hasWork(state, type, changes));
  if (isOpen(state, "changes", work, isDone(state, cluster, changes, now), now)) {
    out.push(...send(state, listener, everything, now));
    for (const type of routing) out.push(...send(state, type, changes, now));
  }
  out.push(...flushRemovals(state, now));
  return out;
}

/**
 * Warming listeners wait for extension configs, which are therefore sent at once. But for one: Envoy takes a new
 * configuration of a filter of its own over while the filter serves, and it may name a cluster that is new, too (that of
 * an issuer's keys, say). Those with code (`updates`) name none.
 */
function flushExtensions(state: StreamState, type: TypeState, now: number): DiscoveryResponse[] {
  const waits: Wanted = (need, name) =>
    need === "upsert" &&
    type.pending.get(name) !== true &&
    type.known.get(name)?.acked !== undefined &&
    resourceFor(state, type, name)?.updates === undefined;
  const atOnce = send(state, type, (need, name) => changes(need, name) && !waits(need, name), now);
  const clustersDone = isDone(state, typeOf(state, "cluster"), changes, now);
  if (!isOpen(state, "extensions", hasWork(state, type, waits), clustersDone, now)) return atOnce;
  return [...atOnce, ...send(state, type, waits, now)];
}

/**
 * The others are answered at once: whoever asks for them waits with something that is warming. A request that waits for its
 * virtual host waits for the clusters that it may name as well.
 */
function isGated(kind: ResourceKind | undefined): boolean {
  return kind === "cluster" || kind === "listener" || kind === "route" || kind === "virtualHost";
}

function flushRemovals(state: StreamState, now: number): DiscoveryResponse[] {
  const out: DiscoveryResponse[] = [];
  const { cluster, endpoint, listener, route, virtualHost, extension, secret, runtime } = typesOf(state);
  const changed =
    isDone(state, cluster, changes, now) &&
    isDone(state, listener, everything, now) &&
    isDone(state, route, changes, now) &&
    isDone(state, virtualHost, changes, now);
  const users = [route, virtualHost, extension, runtime];
  const work = users.some((type) => hasWork(state, type, removals));
  if (isOpen(state, "removals", work, changed, now)) {
    for (const type of users) out.push(...send(state, type, removals, now));
  }
  const unused = changed && isDone(state, route, everything, now) && isDone(state, virtualHost, everything, now);
  if (isOpen(state, "clusters", hasWork(state, cluster, removals), unused, now)) {
    out.push(...send(state, cluster, lingered(state, cluster, now), now));
  }
  // Envoy itself unsubscribes from the endpoints of a cluster that it removes, which mostly leaves nothing to do here.
  const orphaned = isDone(state, cluster, everything, now);
  const leaves = hasWork(state, endpoint, removals) || hasWork(state, secret, removals);
  if (isOpen(state, "endpoints", leaves, orphaned, now)) {
    out.push(...send(state, endpoint, removals, now), ...send(state, secret, removals, now));
  }
  return out;
}

/**
 * Tells whether a phase may go on. After a while it may without its condition: a NACK is an answer and holds up nothing,
 * but an Envoy that never answers, or a mesh that changes faster than Envoy answers, would otherwise keep every later
 * change from this proxy for ever, and with it the fix of whatever is stuck. The cost is bounded: a route that arrives
 * before its cluster answers 503, and only that route.
 */
function isOpen(state: StreamState, gate: Gate, work: boolean, condition: boolean, now: number): boolean {
  if (!work || condition) {
    state.heldSince.delete(gate);
    return work;
  }
  const since = state.heldSince.get(gate) ?? now;
  state.heldSince.set(gate, since);
  return now - since >= state.options.holdMs;
}

/** Nothing of the wanted sort is left to send, and everything sent has an answer or has waited long enough for it. */
function isDone(state: StreamState, type: TypeState | undefined, wanted: Wanted, now: number): boolean {
  return !isBusy(state, type, now) && !hasWork(state, type, wanted);
}

/**
 * Envoy warms an updated EDS cluster like a new one and waits for its endpoints, but it is subscribed to them already
 * and does not ask again.
 */
function oweEndpoints(state: StreamState, clusters: readonly DiscoveryResponse[]): void {
  const type = typeOf(state, "endpoint");
  for (const { resources } of clusters) {
    for (const { endpoint } of resources) {
      if (endpoint !== undefined) oweAnswer(type, endpoint);
    }
  }
}

/**
 * Clusters that nothing has referred to for the lingering time: requests on the old route may still be waiting. Connections
 * that were accepted by a listener's earlier version keep that version's routes for as long as they drain.
 */
function lingered(state: StreamState, type: TypeState | undefined, now: number): Wanted {
  return (need, name) => {
    const known = type?.known.get(name);
    if (need !== "removal" || known === undefined) return false;
    known.unusedSince ??= now;
    return now >= removableAt(state, known.unusedSince);
  };
}

/** When a cluster may go that has been unused since then. */
export function removableAt({ options, listenerChangedAt }: StreamState, unusedSince: number): number {
  return Math.max(unusedSince + options.lingerMs, listenerChangedAt + options.drainMs);
}

function typesOf(state: StreamState): Record<ResourceKind, TypeState | undefined> {
  return forEachKind((kind) => typeOf(state, kind));
}
