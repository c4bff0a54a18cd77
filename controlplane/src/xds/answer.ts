import type { EncodedResource } from "../snapshot/types.ts";
import { interested, mark, unsure, resourceFor } from "./state.ts";
import type { Known, Outstanding, StreamState, TypeState } from "./state.ts";
import { namesInMessage } from "./names-in-message.ts";
import { fullState } from "./sotw.ts";
import type { DeltaRequest, Verdict } from "./types.ts";

/**
 * Takes the ACK or NACK out of a request. An unknown nonce (of an earlier stream, or forgotten) answers nothing. A NACK
 * is what has error_detail; the versions play no part in it.
 */
export function applyAnswer(
  state: StreamState,
  type: TypeState,
  request: Pick<DeltaRequest, "nonce" | "error">,
  now: number,
): Verdict[] {
  const outstanding = type.outstanding.get(request.nonce);
  if (request.nonce === "" || outstanding === undefined) return [];
  type.outstanding.delete(request.nonce);
  const { typeUrl } = type;
  const afterMs = now - outstanding.sentAt;
  forgetRemoved(type, outstanding);
  if (request.error === undefined) return [{ typeUrl, afterMs, accepted: accept(state, type, outstanding, new Set()) }];
  const message = request.error;
  if (retry(state, type, outstanding, now)) {
    return [{ typeUrl, afterMs, accepted: [], rejection: { message, resources: [] }, retried: true }];
  }
  const { accepted, resources } = reject(state, type, outstanding, message);
  return [{ typeUrl, afterMs, accepted, rejection: { message, resources } }];
}

function accept(
  state: StreamState,
  type: TypeState,
  outstanding: Outstanding,
  except: ReadonlySet<string>,
): EncodedResource[] {
  const world = fullState(state, type);
  const accepted: EncodedResource[] = [];
  for (const [name, resource] of outstanding.resources) {
    if (except.has(name)) continue;
    accepted.push(resource);
    const known = type.known.get(name);
    if (known === undefined) continue;
    known.acked = resource.version;
    if (world) known.taken = resource;
    // A response of everything also repeats what was taken before a refusal.
    if (known.told !== resource.version) continue;
    if (world) known.sent = resource;
    // Refused in one response and taken in the next: what was sent in between undoes that when the client gets to it.
    if (world && isUndone(type, resource)) mark(type, name, true);
    if (known.rejected !== undefined) delete known.rejected;
    if (known.refused !== undefined) delete known.refused;
  }
  return accepted;
}

/** A response that is still under way leaves the resource out, or repeats an older version of it. */
function isUndone(type: TypeState, { name, version }: EncodedResource): boolean {
  return [...type.outstanding.values()].some(({ resources }) => resources.get(name)?.version !== version);
}

/** Enough for Envoy to fetch a module of some megabytes; together about seven seconds. */
const retryDelaysMs: readonly number[] = [100, 200, 400, 800, 1600, 2000, 2000];

/** An update that Envoy may refuse only because it is not ready for it is sent again, in another form, a few times. */
function retry(state: StreamState, type: TypeState, outstanding: Outstanding, now: number): boolean {
  const [entry, ...others] = outstanding.resources;
  if (entry === undefined || others.length > 0) return false;
  const [name, { version }] = entry;
  const known = type.known.get(name);
  const resource = resourceFor(state, type, name);
  if (known?.told !== version || known.acked === undefined) return false;
  if (resource?.version !== version || resource.updates === undefined) return false;
  const times = known.refused?.version === version ? known.refused.times : 0;
  const delay = retryDelaysMs[times];
  if (delay === undefined) return false;
  known.refused = { version, times: times + 1 };
  type.retries.set(name, now + delay);
  return true;
}

/** Puts what is due for another try back to work. */
export function startRetries(type: TypeState, now: number): void {
  for (const [name, at] of type.retries) {
    const known = type.known.get(name);
    if (at > now) continue;
    type.retries.delete(name);
    if (known === undefined || known.told !== known.refused?.version) continue;
    known.told = unsure;
    mark(type, name, false);
  }
}

function forgetRemoved(type: TypeState, outstanding: Outstanding): void {
  for (const name of outstanding.removed) {
    const known = type.known.get(name);
    if (known?.told !== null) continue;
    if (type.names.has(name)) type.known.set(name, { told: null });
    else type.known.delete(name);
  }
}

/**
 * Decides which resources of a NACKed response are bad. Envoy adds and updates clusters and listeners one by one and names
 * those that failed, so the others are in use. Of other types, and where no name can be found (a message that does not
 * even decode), Envoy stops at the first bad one and tells nothing about the rest: these are sent again, once, each in a
 * response of its own. After that each has its own answer, so this ends. Where a response must hold everything that is
 * impossible, and all that was new in it counts as bad.
 */
function reject(
  state: StreamState,
  type: TypeState,
  outstanding: Outstanding,
  message: string,
): { readonly accepted: EncodedResource[]; readonly resources: EncodedResource[] } {
  const { resources } = outstanding;
  const world = fullState(state, type);
  let named = resources.size === 1 ? [...resources.keys()] : namesInMessage(message, resources.keys());
  if (world && named.length === 0) {
    named = [...resources.values()].filter((each) => type.known.get(each.name)?.acked !== each.version).map(nameOf);
  }
  const bad = named.map((name) => resources.get(name)).filter((each) => each !== undefined);
  for (const { name, version } of bad) {
    const known = type.known.get(name);
    if (known !== undefined) setRejected(known, version, message);
  }
  const isNamed = new Set(named);
  const oneByOne = type.kind === "cluster" || type.kind === "listener";
  if (oneByOne && named.length > 0) return { accepted: accept(state, type, outstanding, isNamed), resources: bad };
  if (!world) isolate(state, type, outstanding, isNamed);
  return { accepted: [], resources: bad };
}

function nameOf({ name }: EncodedResource): string {
  return name;
}

function setRejected(known: Known, version: string, message: string): void {
  // What is refused may be a repetition of an earlier version; that the newest was refused must not be forgotten for it.
  if (known.rejected === undefined || known.told === version) known.rejected = { version, message };
  delete known.alone;
  // A newer version may be under way already.
  if (known.sent?.version !== version) return;
  if (known.taken !== undefined) known.sent = known.taken;
  else delete known.sent;
}

function isolate(state: StreamState, type: TypeState, outstanding: Outstanding, except: ReadonlySet<string>): void {
  for (const [name, { version }] of outstanding.resources) {
    const known = type.known.get(name);
    if (known?.told !== version || except.has(name) || !interested(type, name)) continue;
    known.told = unsure;
    known.alone = resourceFor(state, type, name)?.version === version;
    mark(type, name, false);
  }
}
