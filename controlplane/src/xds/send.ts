import type { EncodedResource } from "../snapshot/types.ts";
import { desired, knownOf, needOf, resourceFor } from "./state.ts";
import type { Known, Need, StreamState, TypeState } from "./state.ts";
import type { DiscoveryResponse } from "./types.ts";
import { fullState, worldOf } from "./sotw.ts";
import { entriesOfRoutes } from "../snapshot/virtual-hosts.ts";

/** Picks the part of the pending work that a phase is about. */
export type Wanted = (need: Need, name: string) => boolean;

/** Whether anything of the wanted sort is pending; clears marks behind which there is nothing. */
export function hasWork(state: StreamState, type: TypeState | undefined, wanted: Wanted): boolean {
  if (type === undefined) return false;
  for (const name of type.pending.keys()) {
    const need = needOf(state, type, name);
    if (need === undefined) unmark(type, name);
    else if (wanted(need, name)) return true;
  }
  return type.owesAnswer;
}

/** Some response has no answer yet, and it is not too late for one. */
export function isBusy(state: StreamState, type: TypeState | undefined, now: number): boolean {
  if (type === undefined) return false;
  const since = now - state.options.answerTimeoutMs;
  for (const { sentAt } of type.outstanding.values()) {
    if (sentAt > since) return true;
  }
  return false;
}

/**
 * Makes the responses for what is pending and wanted. What merely changed waits for the answer to the response before
 * (so a slow Envoy gets merged updates, not a queue); what the Envoy asked for does not.
 */
export function send(
  state: StreamState,
  type: TypeState | undefined,
  wanted: Wanted,
  now: number,
): DiscoveryResponse[] {
  if (type === undefined || !makeRoom(state, type, now)) return [];
  const busy = isBusy(state, type, now);
  const together: string[] = [];
  const out: (DiscoveryResponse | undefined)[] = [];
  for (const [name, owed] of type.pending) {
    const need = needOf(state, type, name);
    if (need === undefined) unmark(type, name);
    else if (wanted(need, name) && (owed || !busy || type.known.get(name)?.alone === true)) {
      if (!goesAlone(state, type, name)) together.push(name);
      else if (type.outstanding.size + 1 < state.options.maxOutstanding) out.push(respond(state, type, [name], now));
    }
  }
  if (together.length > 0 || type.owesAnswer) out.unshift(respond(state, type, together, now));
  type.owesAnswer = false;
  return out.filter((response) => response !== undefined);
}

/** What Envoy may refuse for reasons of its own must not take others with it. */
function goesAlone(state: StreamState, type: TypeState, name: string): boolean {
  const known = type.known.get(name);
  // A response with everything cannot go alone.
  if (known === undefined || fullState(state, type)) return false;
  return known.alone === true || (known.acked !== undefined && resourceFor(state, type, name)?.updates !== undefined);
}

/** To delete what is not there costs as much as to delete what is, and this is done for each resource that is sent. */
function forget(known: Known): void {
  if (known.alone !== undefined) delete known.alone;
  if (known.unusedSince !== undefined) delete known.unusedSince;
}

function unmark(type: TypeState, name: string): void {
  type.pending.delete(name);
  const known = type.known.get(name);
  if (known !== undefined) delete known.unusedSince;
}

/** The table of unanswered responses has an end: those that are overdue are given up, else nothing more is sent. */
function makeRoom(state: StreamState, type: TypeState, now: number): boolean {
  if (type.outstanding.size < state.options.maxOutstanding) return true;
  for (const [nonce, { sentAt }] of type.outstanding) {
    if (now - sentAt >= state.options.answerTimeoutMs) type.outstanding.delete(nonce);
  }
  return type.outstanding.size < state.options.maxOutstanding;
}

/** For an Envoy that has an earlier version, the form for updates, if there is one; another after each refusal. */
function variantOf(resource: EncodedResource, { acked, refused }: Known): EncodedResource {
  if (acked === undefined || resource.updates === undefined) return resource;
  const times = refused?.version === resource.version ? refused.times : 0;
  return resource.updates[times % resource.updates.length] ?? resource;
}

/** Nothing is to be said when the client's variant has no word for it: of most types, that a resource is not there. */
function respond(
  state: StreamState,
  type: TypeState,
  names: readonly string[],
  now: number,
): DiscoveryResponse | undefined {
  const resources: EncodedResource[] = [];
  const sent = new Map<string, EncodedResource>();
  const removed: string[] = [];
  const unresolved = type.owesAnswer && type.kind === "virtualHost" ? entriesOfRoutes(desired(state, type)) : [];
  for (const name of names) {
    const resource = resourceFor(state, type, name);
    const known = knownOf(type, name);
    if (type.kind === "listener" && typeof known.told === "string") state.listenerChangedAt = now;
    forget(known);
    type.pending.delete(name);
    if (resource === undefined || resource.withheld === true) {
      (type.kind === "virtualHost" && typeof known.told !== "string" ? unresolved : removed).push(name);
      known.told = null;
      if (known.sent !== undefined) delete known.sent;
    } else {
      known.told = resource.version;
      sent.set(name, resource);
      const variant = variantOf(resource, known);
      if (fullState(state, type)) known.sent = variant;
      resources.push(variant);
    }
  }
  const sotw = worldOf(state, type, resources, sent);
  if (sotw === "nothing to say") return undefined;
  state.lastNonce += 1;
  const nonce = String(state.lastNonce);
  type.newestNonce = nonce;
  type.outstanding.set(nonce, { sentAt: now, resources: sent, removed: [...removed, ...unresolved] });
  return {
    typeUrl: type.typeUrl,
    nonce,
    resources,
    removed,
    ...(unresolved.length === 0 ? {} : { unresolved }),
    ...(sotw === undefined ? {} : { sotw }),
  };
}
