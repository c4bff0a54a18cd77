import { createType, desired, knownOf, mark, resourceFor } from "./state.ts";
import type { StreamState, TypeState } from "./state.ts";
import type { DeltaRequest } from "./types.ts";
import { isPattern } from "../snapshot/virtual-hosts.ts";

/** More types than Envoy has; a client that goes on inventing type URLs is not remembered. */
const maxTypes = 32;

/** Cluster and listener have the old form of the wildcard: a first request that names nothing. */
const legacyWildcard: ReadonlySet<string | undefined> = new Set(["cluster", "listener"]);

/**
 * Applies what a request says about subscriptions, whatever its nonce: in the delta protocol a stale nonce makes only
 * the ACK meaningless. Returns the type's state, or a text if the client broke a limit.
 */
export function applySubscriptions(state: StreamState, request: DeltaRequest, now: number): TypeState | string {
  let type = state.types.get(request.typeUrl);
  if (type === undefined) {
    if (state.types.size >= maxTypes) return `more than ${maxTypes} resource types on one stream`;
    type = createType(request.typeUrl);
    state.types.set(request.typeUrl, type);
    takeInitialVersions(state, type, request, now);
    if (request.subscribe.length === 0 && legacyWildcard.has(type.kind)) subscribeAll(state, type, request);
  }
  if (type.kind === "virtualHost" && namesNothing(request)) type.owesAnswer = true;
  for (const name of request.unsubscribe) unsubscribe(type, name);
  for (const name of request.subscribe) {
    if (name === "*") subscribeAll(state, type, request);
    // The resource's own string, if there is one: a copy of it for each stream would be most of a stream's memory.
    else subscribe(state, type, request, resourceFor(state, type, name)?.name ?? name);
  }
  forgetUnwanted(type, request);
  if (type.names.size <= state.options.maxNames) return type;
  return `more than ${state.options.maxNames} names of ${request.typeUrl} on one stream`;
}

function namesNothing(request: DeltaRequest): boolean {
  return request.nonce === "" && request.subscribe.length === 0 && request.unsubscribe.length === 0;
}

/** What the Envoy kept from an earlier stream counts as sent and accepted. */
function takeInitialVersions(state: StreamState, type: TypeState, request: DeltaRequest, now: number): void {
  const versions = Object.entries(request.initialVersions);
  // An Envoy that was running before: when its listeners have changed last, only the server of then would know.
  if (type.kind === "cluster" && versions.length > 0) state.listenerChangedAt = now;
  for (const [name, has] of versions) {
    const resource = resourceFor(state, type, name);
    const version = resource?.version === has ? resource.version : has;
    type.known.set(resource?.name ?? name, { told: version, acked: version });
  }
}

function subscribeAll(state: StreamState, type: TypeState, request: DeltaRequest): void {
  type.wildcard = true;
  if (request.subscribe.length > 0) type.named = true;
  type.owesAnswer = true;
  // A response that is still under way from before the wildcard was left counts as told, or it could never be undone.
  for (const { resources } of type.outstanding.values()) {
    for (const [name, { version }] of resources) {
      const known = knownOf(type, name);
      if (known.told === undefined) known.told = version;
    }
  }
  for (const name of desired(state, type).keys())
    if (!(type.kind === "virtualHost" && isPattern(name)))
      mark(type, name, !Object.hasOwn(request.initialVersions, name));
  for (const name of type.known.keys()) mark(type, name, false);
}

/** An answer is owed also for a name that is known already, except where the Envoy has just said which version it has. */
function subscribe(state: StreamState, type: TypeState, request: DeltaRequest, name: string): void {
  if (type.names.size > state.options.maxNames) return;
  type.named = true;
  type.names.add(name);
  mark(type, name, !Object.hasOwn(request.initialVersions, name));
}

function unsubscribe(type: TypeState, name: string): void {
  if (name === "*") {
    type.wildcard = false;
    for (const known of [...type.known.keys(), ...type.pending.keys()]) {
      if (!type.names.has(known)) drop(type, known);
    }
    type.owesAnswer = false;
    return;
  }
  if (!type.names.delete(name)) return;
  // Still wanted by the wildcard, while the Envoy has dropped it: it has to be told again, be it that it is not there.
  if (type.wildcard) mark(type, name, true);
  else drop(type, name);
}

function drop(type: TypeState, name: string): void {
  type.known.delete(name);
  type.pending.delete(name);
}

/** Initial versions of names that are not subscribed to would stay for ever. */
function forgetUnwanted(type: TypeState, request: DeltaRequest): void {
  if (type.wildcard) return;
  for (const name of Object.keys(request.initialVersions)) {
    if (!type.names.has(name)) drop(type, name);
  }
}

/** A name whose endpoints must follow its cluster: see the flush. */
export function oweAnswer(type: TypeState | undefined, name: string): void {
  if (type === undefined || !(type.wildcard || type.names.has(name))) return;
  knownOf(type, name);
  mark(type, name, true);
}
