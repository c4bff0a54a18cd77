import { KINDS } from "../snapshot/kinds.ts";
import { changedNames } from "../snapshot/layers.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { applyAnswer, startRetries } from "./answer.ts";
import { flush, removableAt } from "./flush.ts";
import { takeVersion, toDifference } from "./sotw.ts";
import { interested, mark, needOf, typeOf, unsure, resourceFor } from "./state.ts";
import type { StreamState, TypeState } from "./state.ts";
import { applySubscriptions } from "./subscribe.ts";
import type { DeltaRequest, Effects, SotwRequest, StreamEvent } from "./types.ts";

/**
 * The xDS protocol of one stream (Envoy: api-docs/xds_protocol), in all four variants: differences or the state of the
 * world, all types on the stream or one. Takes an event, returns what to do. No I/O and
 * no clock: the same events give the same effects. The state is updated in place, because copying maps of thousands of
 * names for every ACK would cost more than the work itself; nobody else may change it.
 */
export function step(state: StreamState, event: StreamEvent): Effects {
  state.revision += 1;
  let heard: Heard = nothingHeard;
  if (event.type === "request") heard = applyRequest(state, event.request, event.now);
  else if (event.type === "sotw") heard = applySotw(state, event.request, event.now);
  else if (event.type === "snapshot") applySnapshot(state, event.snapshot);
  if (heard.close !== undefined) return { responses: [], ...heard };
  for (const type of state.types.values()) startRetries(type, event.now);
  const responses = heard.stale === true ? [] : flush(state, event.now);
  const wakeAt = nextWake(state, event.now);
  return { responses, ...heard, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

/** What a request alone brings about. */
type Heard = Pick<Effects, "verdicts" | "held" | "stale" | "close">;

const nothingHeard: Heard = { verdicts: [] };

/** Nothing is left to send or to wait for, except for clusters and endpoints that only wait to be cleared away. */
export function isSettled(state: StreamState): boolean {
  for (const type of state.types.values()) {
    if (type.outstanding.size > 0 || type.retries.size > 0 || type.owesAnswer) return false;
    const clearing = type.kind === "cluster" || type.kind === "endpoint";
    for (const name of type.pending.keys()) {
      const need = needOf(state, type, name);
      if (need !== undefined && !(clearing && need === "removal")) return false;
    }
  }
  return true;
}

function applyRequest(state: StreamState, request: DeltaRequest, now: number): Heard {
  const wrong = wrongType(state, request.typeUrl);
  if (wrong !== undefined) return { verdicts: [], close: { reason: "INVALID_ARGUMENT", text: wrong } };
  const known = state.types.get(request.typeUrl);
  const verdicts = known === undefined ? [] : applyAnswer(state, known, request, now);
  const type = applySubscriptions(state, request, now);
  if (typeof type === "string") return { verdicts, close: { reason: "RESOURCE_EXHAUSTED", text: type } };
  const held = known === undefined ? heldOf(state, type, request) : [];
  return held.length === 0 ? { verdicts } : { verdicts, held };
}

function applySotw(state: StreamState, request: SotwRequest, now: number): Heard {
  const before = state.types.get(request.typeUrl);
  const difference = toDifference(state, request);
  // It says nothing about subscriptions, but still what the client made of that older response.
  if (difference === "stale") {
    return { verdicts: before === undefined ? [] : applyAnswer(state, before, request, now), stale: true };
  }
  const heard = applyRequest(state, difference, now);
  const type = before === undefined ? state.types.get(request.typeUrl) : undefined;
  return type === undefined ? heard : { ...heard, held: takeVersion(state, type, request.version) };
}

function wrongType({ variant }: StreamState, typeUrl: string): string | undefined {
  if (typeUrl === "") return "a request must name its type";
  if (variant.typeUrl === undefined || variant.typeUrl === typeUrl) return undefined;
  return `this stream is for ${variant.typeUrl} only`;
}

function heldOf(state: StreamState, type: TypeState, { initialVersions }: DeltaRequest): EncodedResource[] {
  return Object.entries(initialVersions).flatMap(([name, version]) => {
    const resource = resourceFor(state, type, name);
    return resource?.version === version ? [resource] : [];
  });
}

function applySnapshot(state: StreamState, snapshot: ProxySnapshot): void {
  const before = state.snapshot;
  state.snapshot = snapshot;
  for (const kind of KINDS) {
    const type = typeOf(state, kind);
    if (type === undefined) continue;
    // Kinds in which nothing changed are the same object and cost nothing.
    for (const name of changedNames(before.resources[kind], snapshot.resources[kind])) {
      if (interested(type, name)) mark(type, name, false);
      forgetRejected(state, type, name);
    }
    // A pattern that changes, comes or goes, may do so to any host.
    const isChanged = before.resources[kind] !== snapshot.resources[kind];
    if (kind === "virtualHost" && isChanged) for (const name of type.names) mark(type, name, false);
  }
}

/** What was refused and is withheld now is to be sent when it comes again, though its version is that of then. */
function forgetRejected(state: StreamState, type: TypeState, name: string): void {
  const known = type.known.get(name);
  if (known?.rejected === undefined || known.rejected.version !== known.told) return;
  if (resourceFor(state, type, name)?.withheld === true) known.told = unsure;
}

/** The next moment at which waiting ends by itself; `undefined` when only events can bring anything. */
function nextWake(state: StreamState, now: number): number | undefined {
  const { answerTimeoutMs, holdMs } = state.options;
  const moments: number[] = [];
  let pending = false;
  for (const type of state.types.values()) {
    pending ||= type.pending.size > 0 || type.retries.size > 0;
    moments.push(...type.retries.values());
    for (const { sentAt } of type.outstanding.values()) moments.push(sentAt + answerTimeoutMs);
  }
  if (!pending) return undefined;
  for (const since of state.heldSince.values()) moments.push(since + holdMs);
  const cluster = typeOf(state, "cluster");
  for (const name of cluster?.pending.keys() ?? []) {
    const unusedSince = cluster?.known.get(name)?.unusedSince;
    if (unusedSince !== undefined) moments.push(removableAt(state, unusedSince));
  }
  const later = moments.filter((moment) => moment > now);
  return later.length === 0 ? undefined : Math.min(...later);
}
