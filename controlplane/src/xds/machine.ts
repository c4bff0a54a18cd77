import { KINDS } from "../snapshot/kinds.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { applyAnswer, startRetries } from "./answer.ts";
import { flush } from "./flush.ts";
import { interested, mark, needOf, typeOf } from "./state.ts";
import type { StreamState, TypeState } from "./state.ts";
import { applySubscriptions } from "./subscribe.ts";
import type { DeltaRequest, Effects, StreamEvent, Verdict } from "./types.ts";

/**
 * The delta xDS protocol of one ADS stream (Envoy: api-docs/xds_protocol). Takes an event, returns what to do. No I/O and
 * no clock: the same events give the same effects. The state is updated in place, because copying maps of thousands of
 * names for every ACK would cost more than the work itself; nobody else may change it.
 */
export function step(state: StreamState, event: StreamEvent): Effects {
  let verdicts: Verdict[] = [];
  switch (event.type) {
    case "request": {
      const result = applyRequest(state, event.request, event.now);
      if (typeof result === "string") return { responses: [], verdicts: [], close: result };
      verdicts = result;
      break;
    }
    case "snapshot":
      applySnapshot(state, event.snapshot);
      break;
    case "tick":
      break;
  }
  for (const type of state.types.values()) startRetries(type, event.now);
  const responses = flush(state, event.now);
  const wakeAt = nextWake(state, event.now);
  return { responses, verdicts, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

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

function applyRequest(state: StreamState, request: DeltaRequest, now: number): Verdict[] | string {
  const known = state.types.get(request.typeUrl);
  const verdicts = known === undefined ? [] : applyAnswer(state, known, request, now);
  const type = applySubscriptions(state, request);
  return typeof type === "string" ? type : verdicts;
}

function applySnapshot(state: StreamState, snapshot: ProxySnapshot): void {
  const before = state.snapshot;
  state.snapshot = snapshot;
  for (const kind of KINDS) {
    const type = typeOf(state, kind);
    if (type !== undefined) markChanges(type, before.resources[kind], snapshot.resources[kind]);
  }
}

/** Kinds in which nothing changed are the same object and cost nothing. */
function markChanges(
  type: TypeState,
  before: ProxySnapshot["resources"]["cluster"],
  after: ProxySnapshot["resources"]["cluster"],
): void {
  if (before === after) return;
  for (const [name, { version }] of after) {
    if (before.get(name)?.version !== version && interested(type, name)) mark(type, name, false);
  }
  for (const name of before.keys()) {
    if (!after.has(name) && interested(type, name)) mark(type, name, false);
  }
}

/** The next moment at which waiting ends by itself; `undefined` when only events can bring anything. */
function nextWake(state: StreamState, now: number): number | undefined {
  const { answerTimeoutMs, holdMs, lingerMs } = state.options;
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
    if (unusedSince !== undefined) moments.push(unusedSince + lingerMs);
  }
  const later = moments.filter((moment) => moment > now);
  return later.length === 0 ? undefined : Math.min(...later);
}

/** How far one resource of the snapshot has come on a stream. */
export type Progress = "acked" | "rejected" | "sent" | "waiting" | "unrequested";

/** "waiting": not sent yet; "unrequested": the Envoy has not subscribed to it (a listener that names it is missing). */
export function progressOf(state: StreamState, { kind, name, version }: EncodedResource): Progress {
  const type = typeOf(state, kind);
  if (type === undefined || !interested(type, name)) return "unrequested";
  const known = type.known.get(name);
  if (known?.rejected?.version === version) return "rejected";
  if (known?.told !== version) return "waiting";
  return known.acked === version ? "acked" : "sent";
}

/** Envoy's words about a rejected resource. */
export function rejectionOf(state: StreamState, { kind, name }: EncodedResource): string | undefined {
  return typeOf(state, kind)?.known.get(name)?.rejected?.message;
}
