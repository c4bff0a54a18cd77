import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";

/** A DeltaDiscoveryRequest as far as the machine needs it (envoy.service.discovery.v3); the node stays outside. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Name to version of what the Envoy still has from an earlier stream. */
  readonly initialVersions: Readonly<Record<string, string>>;
  /** Of the response that this request acknowledges or rejects; empty for a spontaneous request. */
  readonly nonce: string;
  /** Present: a NACK. Envoy's own words. */
  readonly error?: string;
}

/** A DiscoveryRequest of the state-of-the-world variant. */
export interface SotwRequest {
  readonly typeUrl: string;
  /** All names that the client is subscribed to. */
  readonly names: readonly string[];
  /** Of the response that it took last, on this stream or on one before. */
  readonly version: string;
  readonly nonce: string;
  readonly error?: string;
}

/**
 * A DeltaDiscoveryResponse, or a DiscoveryResponse if it has `sotw`; the resources' bytes are shared with all other
 * streams.
 */
export interface DiscoveryResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  /** What is new or changed. */
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
  /**
   * Asked for and not there, of a type whose client waits for an entry under the name: virtual hosts, for which Envoy holds a
   * request back.
   */
  readonly unresolved?: readonly string[];
  /** State of the world: what goes over the wire in place of `resources` (all, where absence means removal). */
  readonly sotw?: { readonly version: string; readonly resources: readonly EncodedResource[] };
}

/** All that can happen to a stream. `now` is in milliseconds and never goes back. */
export type StreamEvent =
  | { readonly type: "request"; readonly request: DeltaRequest; readonly now: number }
  | { readonly type: "sotw"; readonly request: SotwRequest; readonly now: number }
  | { readonly type: "snapshot"; readonly snapshot: ProxySnapshot; readonly now: number }
  | { readonly type: "tick"; readonly now: number };

/** What Envoy said about one response, for logs and metrics. */
export interface Verdict {
  readonly typeUrl: string;
  /** Milliseconds from the response to this answer. */
  readonly afterMs: number;
  /** What the client runs from now on. */
  readonly accepted: readonly EncodedResource[];
  /** Present for a NACK: Envoy's message and the resources found to be at fault (none: not known yet). */
  readonly rejection?: { readonly message: string; readonly resources: readonly EncodedResource[] };
  /** Present: it is sent again, so this is no verdict yet. */
  readonly retried?: true;
}

/** What the shell has to do after an event. */
export interface Effects {
  readonly responses: readonly DiscoveryResponse[];
  readonly verdicts: readonly Verdict[];
  /** What the client has from an earlier stream in the version that is wanted now. */
  readonly held?: readonly EncodedResource[];
  /** A state-of-the-world request with the nonce of an older response: it is ignored, since a newer one follows. */
  readonly stale?: true;
  /** A tick is wanted at this time, if nothing else happens before. */
  readonly wakeAt?: number;
  /** The client broke a rule or a limit: end the stream with this status and text. */
  readonly close?: { readonly reason: "INVALID_ARGUMENT" | "RESOURCE_EXHAUSTED"; readonly text: string };
}

/** What kind of stream it is. */
export interface StreamVariant {
  /** How requests and responses are to be read: differences, or the state of the world. */
  readonly protocol: "delta" | "sotw";
  /** Of a stream for one type only; absent for an aggregated one. */
  readonly typeUrl?: string;
}

export interface StreamOptions {
  /** After this long without an answer a response no longer holds up the next. */
  readonly answerTimeoutMs: number;
  /** The longest time for which later phases wait for earlier ones. */
  readonly holdMs: number;
  /** How long a cluster stays after the last route to it is gone, for requests that are still under way. */
  readonly lingerMs: number;
  /**
   * How long connections of a changed or removed listener may go on with its old routes, which no request is told of: Envoy's
   * drain time. Clusters stay at least so long after such a change.
   */
  readonly drainMs: number;
  /** Most names that one stream may subscribe to, of one type. */
  readonly maxNames: number;
  /** Most responses of one type that may wait for an answer. */
  readonly maxOutstanding: number;
}

export const defaultStreamOptions: StreamOptions = {
  answerTimeoutMs: 3000,
  holdMs: 5000,
  lingerMs: 5000,
  drainMs: 600_000,
  maxNames: 65_536,
  maxOutstanding: 64,
};
