import { versionOfAll } from "../snapshot/encode.ts";
import type { EncodedResource } from "../snapshot/types.ts";
import { desired, knownOf } from "./state.ts";
import type { StreamState, TypeState } from "./state.ts";
import type { DeltaRequest, DiscoveryResponse, SotwRequest } from "./types.ts";

/**
 * The state-of-the-world variant, told apart from the delta variant in two places only: a request becomes the difference
 * to what the client was subscribed to before, and a response of clusters or listeners repeats all that the client should
 * have, since in these two types what is missing is removed. All else, order, waiting, ACK and NACK, is the same.
 */
export function fullState({ variant }: StreamState, { kind }: TypeState): boolean {
  return variant.protocol === "sotw" && (kind === "cluster" || kind === "listener");
}

/**
 * The request as a difference, or "stale" if it answers a response that is not the newest of its type: the client has not
 * seen the newest yet, and its answer to that one will again hold all of its names.
 */
export function toDifference(state: StreamState, request: SotwRequest): DeltaRequest | "stale" {
  const { typeUrl, names, nonce, error } = request;
  const type = state.types.get(typeUrl);
  const answer = { typeUrl, initialVersions: {}, nonce, ...(error === undefined ? {} : { error }) };
  if (type === undefined) return { ...answer, subscribe: [...new Set(names)], unsubscribe: [] };
  const { subscribe, unsubscribe } = compare(type, new Set(names));
  if (nonce !== "" && nonce !== type.newestNonce) {
    for (const name of unsubscribe) type.left.add(name);
    type.named ||= names.length > 0;
    return "stale";
  }
  type.left.clear();
  return { ...answer, subscribe, unsubscribe };
}

/** What was left and is named again counts as new, or the client would wait for it until it changes. */
function compare(type: TypeState, now: ReadonlySet<string>): Pick<DeltaRequest, "subscribe" | "unsubscribe"> {
  // Never having named anything, the client still means everything; having done so, it means nothing.
  if (now.size === 0 && !type.named) return { subscribe: [], unsubscribe: [] };
  const before = new Set(type.wildcard ? [...type.names, "*"] : type.names);
  return {
    subscribe: [...now].filter((name) => !before.has(name) || type.left.has(name)),
    unsubscribe: [...before].filter((name) => !now.has(name)),
  };
}

/**
 * After a reconnect: a client that asks for everything, and whose version is that of everything as it is, has it. Of named
 * resources that cannot be said, since it may ask for others than it did then.
 */
export function takeVersion(state: StreamState, type: TypeState, version: string): EncodedResource[] {
  const wanted = [...desired(state, type).values()].filter(({ withheld }) => withheld !== true);
  if (version === "" || !fullState(state, type) || !type.wildcard || type.names.size > 0) return [];
  if (versionOfAll(wanted) !== version) return [];
  for (const resource of wanted) {
    const known = knownOf(type, resource.name);
    known.told = resource.version;
    known.acked = resource.version;
    known.sent = resource;
    known.taken = resource;
  }
  type.pending.clear();
  type.owesAnswer = false;
  return wanted;
}

/** What a response holds besides what is new; `sent` grows by what is repeated, since the answer is about that too. */
export function worldOf(
  state: StreamState,
  type: TypeState,
  changed: readonly EncodedResource[],
  sent: Map<string, EncodedResource>,
): DiscoveryResponse["sotw"] | "nothing to say" {
  if (state.variant.protocol === "delta") return undefined;
  if (!fullState(state, type)) {
    if (changed.length === 0) return "nothing to say";
    return { version: versionOfAll(changed), resources: changed };
  }
  const resources: EncodedResource[] = [];
  for (const known of type.known.values()) {
    if (known.sent === undefined || typeof known.told !== "string") continue;
    resources.push(known.sent);
    if (!sent.has(known.sent.name)) sent.set(known.sent.name, known.sent);
  }
  return { version: versionOfAll(resources), resources };
}
