import { desired, interested, mark } from "./state.ts";
import type { Known, Outstanding, StreamState, TypeState } from "./state.ts";
import { namesInMessage } from "./names-in-message.ts";
import type { DeltaRequest, Verdict } from "./types.ts";

/** No version has this name, so whatever is wanted of the resource later differs from it. */
const unsure = "";

/**
 * Takes the ACK or NACK out of a request. An unknown nonce (of an earlier stream, or forgotten) answers nothing. A NACK
 * is what has error_detail; the versions play no part in it.
 */
export function applyAnswer(state: StreamState, type: TypeState, request: DeltaRequest, now: number): Verdict[] {
  const outstanding = type.outstanding.get(request.nonce);
  if (request.nonce === "" || outstanding === undefined) return [];
  type.outstanding.delete(request.nonce);
  const afterMs = now - outstanding.sentAt;
  forgetRemoved(type, outstanding);
  if (request.error === undefined) {
    accept(type, outstanding, () => true);
    return [{ typeUrl: type.typeUrl, afterMs }];
  }
  const rejection = { message: request.error, names: [] };
  if (retry(state, type, outstanding, now)) return [{ typeUrl: type.typeUrl, afterMs, rejection, retried: true }];
  const names = reject(state, type, outstanding, request.error);
  return [{ typeUrl: type.typeUrl, afterMs, rejection: { ...rejection, names } }];
}

function accept(type: TypeState, outstanding: Outstanding, which: (name: string) => boolean): void {
  for (const [name, version] of outstanding.versions) {
    const known = type.known.get(name);
    if (known === undefined || !which(name)) continue;
    known.acked = version;
    delete known.rejected;
    delete known.refused;
  }
}

/** Enough for Envoy to fetch a module of some megabytes; together about seven seconds. */
const retryDelaysMs: readonly number[] = [100, 200, 400, 800, 1600, 2000, 2000];

/** An update that Envoy may refuse only because it is not ready for it is sent again, in another form, a few times. */
function retry(state: StreamState, type: TypeState, outstanding: Outstanding, now: number): boolean {
  const [entry, ...others] = outstanding.versions;
  if (entry === undefined || others.length > 0) return false;
  const [name, version] = entry;
  const known = type.known.get(name);
  const resource = desired(state, type).get(name);
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
 * Decides which resources of a NACKed response are bad, and returns their names. Envoy adds and updates clusters and
 * listeners one by one and names those that failed, so the others are in use. Of other types, and where no name can be
 * found (a message that does not even decode), Envoy stops at the first bad one and tells nothing about the rest: these
 * are sent again, once, each in a response of its own. After that each has its own answer, so this ends.
 */
function reject(state: StreamState, type: TypeState, outstanding: Outstanding, message: string): string[] {
  const { versions } = outstanding;
  const named = versions.size === 1 ? [...versions.keys()] : namesInMessage(message, versions.keys());
  for (const name of named) {
    const version = versions.get(name);
    const known = type.known.get(name);
    if (known !== undefined && version !== undefined) setRejected(known, version, message);
  }
  const isNamed = new Set(named);
  const oneByOne = type.kind === "cluster" || type.kind === "listener";
  if (oneByOne && named.length > 0) accept(type, outstanding, (name) => !isNamed.has(name));
  else isolate(state, type, outstanding, isNamed);
  return named;
}

function setRejected(known: Known, version: string, message: string): void {
  known.rejected = { version, message };
  delete known.alone;
}

function isolate(state: StreamState, type: TypeState, outstanding: Outstanding, except: ReadonlySet<string>): void {
  for (const [name, version] of outstanding.versions) {
    const known = type.known.get(name);
    if (known?.told !== version || except.has(name) || !interested(type, name)) continue;
    known.told = unsure;
    known.alone = desired(state, type).get(name)?.version === version;
    mark(type, name, false);
  }
}
