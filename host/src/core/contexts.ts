import type { PropertyTree } from "../abi/property.ts";
import type { Header, HeaderMap } from "./header-map.ts";

/** A response that a module made itself. Nothing is sent for a gRPC status outside 0..16, then undefined here. */
export interface LocalReply {
  readonly status: number;
  readonly details: string;
  readonly body: Uint8Array;
  readonly headers: readonly Header[];
  readonly grpcStatus?: number;
}

/** The four header maps of a stream; one that is not there now is undefined. */
export interface StreamMaps {
  requestHeaders?: HeaderMap | undefined;
  requestTrailers?: HeaderMap | undefined;
  responseHeaders?: HeaderMap | undefined;
  responseTrailers?: HeaderMap | undefined;
}

/** A plugin's root context: what Envoy has once for each plugin of a VM. */
export interface RootContext {
  readonly kind: "root";
  readonly id: number;
  readonly rootId: string;
  readonly configuration: Uint8Array;
  /** 0 = no ticks. */
  tickPeriodMs: number;
  /** Host time of the next tick, in nanoseconds. */
  nextTickNs: bigint;
}

/** One request: what Envoy has for each of a plugin's streams. */
export interface StreamContext {
  readonly kind: "stream";
  readonly id: number;
  readonly root: RootContext;
  readonly properties: PropertyTree;
  /** Host time of its beginning and, once it is over, of its end. */
  readonly startNs: bigint;
  endNs: bigint | undefined;
  /** What the host's callers see: all maps that there were, with every change. */
  readonly all: StreamMaps;
  /** What the module may address at this moment. */
  readonly open: StreamMaps;
  requestBody: Uint8Array | undefined;
  responseBody: Uint8Array | undefined;
  /** Header maps of the log phase answer NotFound where they would answer BadArgument before. */
  logging: boolean;
  /** What the module asked for during a callback. It takes effect when the callback has returned. */
  readonly deferred: Deferred;
}

/** Effects that wait until the module's callback returns. */
export interface Deferred {
  localReply?: LocalReply | undefined;
  continueRequest: boolean;
  continueResponse: boolean;
  reset: boolean;
}

export type Context = RootContext | StreamContext;
