import type { LocalReply } from "./contexts.ts";
import type { Trap } from "./guest.ts";

/** What happens when a VM is lost: `closed` answers 503 for it, `open` goes on as if the filter were not there. */
export type FailurePolicy = "closed" | "open";

/** What one step did. */
export interface StepResult {
  /** Whether the stream goes on. `pause` also after a local reply or a reset: nothing more is passed on then. */
  readonly action: "continue" | "pause";
  /** What the module returned; undefined when it was not called or its answer does not count. */
  readonly returned?: number;
  readonly localReply?: LocalReply;
  readonly trap?: Trap;
  /** The module asked for a reset of the stream. */
  readonly reset?: boolean;
}

/** One direction of a stream, and the names that go with it. */
export interface Direction {
  readonly headers: "requestHeaders" | "responseHeaders";
  readonly trailers: "requestTrailers" | "responseTrailers";
  readonly body: "requestBody" | "responseBody";
  readonly side: "request" | "response";
}

/** The request's way. */
export const REQUEST: Direction = {
  headers: "requestHeaders",
  trailers: "requestTrailers",
  body: "requestBody",
  side: "request",
};
/** The response's way. */
export const RESPONSE: Direction = {
  headers: "responseHeaders",
  trailers: "responseTrailers",
  body: "responseBody",
  side: "response",
};

/** Where each side's resumption is put off to. */
export const CONTINUES = { request: "continueRequest", response: "continueResponse" } as const;

/** A lost VM's answer, with Envoy's own details. */
export const FAIL_CLOSED: LocalReply = {
  status: 503,
  details: "wasm_fail_stream",
  body: new Uint8Array(0),
  headers: [],
  grpcStatus: 14,
};
