import type { PropertyTree } from "../abi/property.ts";
import type { ConnectionEffects } from "./connection.ts";
import type { HeaderMap, Header } from "./header-map.ts";

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

/** What a call-out has brought, readable only while its callback runs. A map or body that did not come is undefined. */
export interface Received {
  headers?: HeaderMap;
  body?: Uint8Array;
  trailers?: HeaderMap;
  grpcInitial?: HeaderMap;
  grpcTrailing?: HeaderMap;
  /** Unlike an HTTP answer, it may be written, which nobody sees. */
  grpcMessage?: BodySlot;
  /** The argument of a call from the host to a foreign function of the module. */
  callData?: Uint8Array;
}

/** What proxy_get_status tells: of the last failed call-out, or of the last gRPC close. */
export interface CallStatus {
  code: number;
  message: string;
}

/** A plugin's root context: what Envoy has once for each plugin of a VM. */
export interface RootContext {
  readonly kind: "root";
  readonly id: number;
  readonly name: string;
  readonly rootId: string;
  readonly configuration: Uint8Array;
  /** 0 = no ticks. */
  tickPeriodMs: number;
  /** Host time of the next tick, in nanoseconds. */
  nextTickNs: bigint;
  received: Received;
  status: CallStatus;
  /** on_done has answered 0, so that its end waits for proxy_done. */
  ending: boolean;
  /** Names of properties that the module has declared. */
  readonly declared: Set<string>;
}

/** What a module may ask for about a stream. Each takes effect when the module's callback has returned. */
export interface StreamEffects {
  goOn(side: "request" | "response"): void;
  reply(reply: LocalReply): void;
  reset(): void;
}

/** A body under way: what the module may read and write at this moment. */
export interface BodySlot {
  bytes: Uint8Array;
}

/** One request in one filter: what Envoy has for each of a plugin's streams. */
export interface StreamContext {
  readonly kind: "stream";
  readonly id: number;
  readonly root: RootContext;
  readonly properties: PropertyTree;
  /** What all filters of the request share. */
  readonly shared: SharedStream;
  /** What the module may address at this moment. */
  readonly open: StreamMaps;
  requestBody: BodySlot | undefined;
  responseBody: BodySlot | undefined;
  /** The request's body is held back whole: it stays readable when the stream goes on, until it does. */
  holdsRequestBody: boolean;
  /** Header maps of the log phase answer NotFound where they would answer BadArgument before. */
  logging: boolean;
  /** The last chunk has come, so that trailers may be made. */
  endOfStream: boolean;
  effects: StreamEffects;
}

/** What there is once for a request, however many filters it passes. */
export interface SharedStream {
  /** All maps that there were, with every change. */
  readonly all: StreamMaps;
  /** Host time of its beginning and, once it is over, of its end. */
  readonly startNs: bigint;
  endNs: bigint | undefined;
  /** Values by their key in Envoy's filter state. */
  readonly filterState: Map<string, Uint8Array>;
  requestSize: number;
  responseSize: number;
  codeDetails: string | undefined;
}

/** One TCP connection in one filter. */
export interface ConnectionContext {
  readonly kind: "connection";
  readonly id: number;
  readonly root: RootContext;
  readonly properties: PropertyTree;
  readonly startNs: bigint;
  readonly filterState: Map<string, Uint8Array>;
  downstream: BodySlot | undefined;
  upstream: BodySlot | undefined;
  logging: boolean;
  effects: ConnectionEffects;
}

export type Context = RootContext | StreamContext | ConnectionContext;

/** A root context with nothing received yet. */
export function rootContext(id: number, name: string, rootId: string, configuration: Uint8Array): RootContext {
  return {
    kind: "root",
    id,
    name,
    rootId,
    configuration,
    tickPeriodMs: 0,
    nextTickNs: 0n,
    received: {},
    status: { code: 0, message: "" },
    ending: false,
    declared: new Set(),
  };
}
