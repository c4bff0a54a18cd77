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

/** A DeltaDiscoveryResponse; the resources' bytes are shared with all other streams. */
export interface DeltaResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}

/** All that can happen to a stream. `now` is in milliseconds and never goes back. */
export type StreamEvent =
  | { readonly type: "request"; readonly request: DeltaRequest; readonly now: number }
  | { readonly type: "snapshot"; readonly snapshot: ProxySnapshot; readonly now: number }
  | { readonly type: "tick"; readonly now: number };

/** What Envoy said about one response, for logs and metrics. */
export interface Verdict {
  readonly typeUrl: string;
  /** Milliseconds from the response to this answer. */
  readonly afterMs: number;
  /** Present for a NACK: Envoy's message and the resources found to be at fault (none: not known yet). */
  readonly rejection?: { readonly message: string; readonly names: readonly string[] };
  /** Present: it is sent again, so this is no verdict yet. */
  readonly retried?: true;
}

/** What the shell has to do after an event. */
export interface Effects {
  readonly responses: readonly DeltaResponse[];
  readonly verdicts: readonly Verdict[];
  /** A tick is wanted at this time, if nothing else happens before. */
  readonly wakeAt?: number;
  /** The client broke a limit: end the stream with RESOURCE_EXHAUSTED and this text. */
  readonly close?: string;
}

export interface StreamOptions {
  /** After this long without an answer a response no longer holds up the next. */
  readonly answerTimeoutMs: number;
  /** The longest time for which later phases wait for earlier ones. */
  readonly holdMs: number;
  /** How long a cluster stays after the last route to it is gone, for requests that are still under way. */
  readonly lingerMs: number;
  /** Most names that one stream may subscribe to, of one type. */
  readonly maxNames: number;
  /** Most responses of one type that may wait for an answer. */
  readonly maxOutstanding: number;
}

export const defaultStreamOptions: StreamOptions = {
  answerTimeoutMs: 3000,
  holdMs: 5000,
  lingerMs: 5000,
  maxNames: 65_536,
  maxOutstanding: 64,
};
