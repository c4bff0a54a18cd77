import { kindOf, TYPE_URLS } from "../snapshot/kinds.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "../snapshot/types.ts";
import { defaultStreamOptions } from "./types.ts";
import { resourceOf } from "../snapshot/virtual-hosts.ts";
import type { StreamOptions, StreamVariant } from "./types.ts";

/** No version has this name, so whatever is wanted of the resource later differs from it. */
export const unsure = "";

/** What the stream's Envoy has been told about one resource, and what it answered. Versions are content hashes. */
export interface Known {
  /** Version sent last, `null` if the Envoy was told that the resource does not exist, `undefined` if nothing yet. */
  told?: string | null;
  acked?: string;
  rejected?: { readonly version: string; readonly message: string };
  /** State of the world, clusters and listeners: what was sent last, as each response has to repeat it. */
  sent?: EncodedResource;
  /** Of these, what the client has accepted last: it is repeated instead of what the client refused. */
  taken?: EncodedResource;
  /** Send it in a response of its own: a NACK did not say which of several resources was meant. */
  alone?: boolean;
  /** How often an update of this version was refused by an Envoy that was perhaps not ready for it. */
  refused?: { readonly version: string; readonly times: number };
  /** Of a cluster that has to go: since when nothing refers to it any more. */
  unusedSince?: number;
}

/** A response without answer so far. */
export interface Outstanding {
  readonly sentAt: number;
  readonly resources: ReadonlyMap<string, EncodedResource>;
  readonly removed: readonly string[];
}

/** One resource type on one stream. */
export interface TypeState {
  readonly typeUrl: string;
  readonly kind: ResourceKind | undefined;
  wildcard: boolean;
  /** The client has named something, so naming nothing no longer means everything. */
  named: boolean;
  /** Names subscribed to by name, whether they exist or not. */
  readonly names: Set<string>;
  readonly known: Map<string, Known>;
  /**
   * Names that may need something sent: a superset of the truth, so that an event costs what it changes and not what
   * the mesh holds. `true`: an answer is owed even if nothing changed.
   */
  readonly pending: Map<string, boolean>;
  readonly outstanding: Map<string, Outstanding>;
  newestNonce: string;
  /** State of the world: names that requests which do not count have left out; the client has dropped what it had of them. */
  readonly left: Set<string>;
  /** Names of which an update is to be sent again, and when. */
  readonly retries: Map<string, number>;
  /** A wildcard subscription has to be answered even if there is nothing: Envoy's start waits for it. */
  owesAnswer: boolean;
}

/** Phases that wait for others; the value is the time since which work has been held back. */
export type Gate = "extensions" | "changes" | "removals" | "clusters" | "endpoints";

export interface StreamState {
  readonly options: StreamOptions;
  readonly variant: StreamVariant;
  snapshot: ProxySnapshot;
  /** Grows with each event, so that whoever has looked at the state knows whether to look again. */
  revision: number;
  readonly types: Map<string, TypeState>;
  readonly heldSince: Map<Gate, number>;
  lastNonce: number;
  /** When a listener that the Envoy had was last changed or removed, as far as can be known. */
  listenerChangedAt: number;
}

/** A stream that has not said anything yet. */
export function createStream(
  snapshot: ProxySnapshot,
  options: Partial<StreamOptions> = {},
  variant: StreamVariant = { protocol: "delta" },
): StreamState {
  return {
    options: { ...defaultStreamOptions, ...options },
    variant,
    snapshot,
    revision: 0,
    types: new Map(),
    heldSince: new Map(),
    lastNonce: 0,
    listenerChangedAt: Number.NEGATIVE_INFINITY,
  };
}

export function createType(typeUrl: string): TypeState {
  return {
    typeUrl,
    kind: kindOf(typeUrl),
    wildcard: false,
    named: false,
    names: new Set(),
    known: new Map(),
    pending: new Map(),
    outstanding: new Map(),
    newestNonce: "",
    left: new Set(),
    retries: new Map(),
    owesAnswer: false,
  };
}

export function typeOf(state: StreamState, kind: ResourceKind): TypeState | undefined {
  return state.types.get(TYPE_URLS[kind]);
}

const nothing: ReadonlyMap<string, EncodedResource> = new Map();

/** All that should be there; a type that is not served has no resources. */
export function desired(state: StreamState, type: TypeState): ReadonlyMap<string, EncodedResource> {
  return type.kind === undefined ? nothing : state.snapshot.resources[type.kind];
}

/** What should be there under a name. */
export function resourceFor(state: StreamState, type: TypeState, name: string): EncodedResource | undefined {
  return type.kind === undefined ? undefined : resourceOf(state.snapshot, type.kind, name);
}

export function interested(type: TypeState, name: string): boolean {
  return type.wildcard || type.names.has(name);
}

export function knownOf(type: TypeState, name: string): Known {
  let known = type.known.get(name);
  if (known === undefined) {
    known = {};
    type.known.set(name, known);
  }
  return known;
}

/** Marks a name for the next flush; an owed answer stays owed. */
export function mark(type: TypeState, name: string, owed: boolean): void {
  type.pending.set(name, owed || type.pending.get(name) === true);
}

/** "upsert" also stands for an answer that is owed about a name that does not exist (then it is a removal on the wire). */
export type Need = "upsert" | "absent" | "removal";

/** What has to be sent about a pending name, or `undefined` if that is nothing. */
export function needOf(state: StreamState, type: TypeState, name: string): Need | undefined {
  const owed = type.pending.get(name) === true;
  const told = type.known.get(name)?.told;
  const resource = resourceFor(state, type, name);
  // Whoever has some version of it keeps that.
  if (resource?.withheld === true) return owed && typeof told !== "string" ? "absent" : undefined;
  if (resource !== undefined) return owed || told !== resource.version ? "upsert" : undefined;
  if (typeof told === "string" && isLeft(state, type, name)) return undefined;
  if (owed) return "absent";
  return typeof told === "string" ? "removal" : undefined;
}

/**
 * Whether a virtual host is one of routes that the proxy has no more. An Envoy that has it keeps it: connections of a
 * listener that drains still go by these routes, and would find nobody.
 */
function isLeft({ snapshot }: StreamState, { kind }: TypeState, name: string): boolean {
  const slash = name.lastIndexOf("/");
  return kind === "virtualHost" && slash > 0 && !snapshot.resources.route.has(name.slice(0, slash));
}
