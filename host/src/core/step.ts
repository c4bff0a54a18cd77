import type { LocalReply } from "./contexts.ts";
import type { Trap } from "./guest.ts";

/** What happens when a VM is lost: `closed` answers 503 for it, `open` goes on without the filter, `reload` is closed until a new VM is up. */
export type FailurePolicy = "closed" | "open" | "reload";

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

/** One direction of a stream. */
export type Side = "request" | "response";

/** The names that go with a direction. */
export interface Direction {
  readonly headers: "requestHeaders" | "responseHeaders";
  readonly trailers: "requestTrailers" | "responseTrailers";
  readonly body: "requestBody" | "responseBody";
  readonly callbacks: { readonly headers: string; readonly body: string; readonly trailers: string };
}

/** Both directions by name. */
export const DIRECTIONS: Readonly<Record<Side, Direction>> = {
  request: {
    headers: "requestHeaders",
    trailers: "requestTrailers",
    body: "requestBody",
    callbacks: {
      headers: "proxy_on_request_headers",
      body: "proxy_on_request_body",
      trailers: "proxy_on_request_trailers",
    },
  },
  response: {
    headers: "responseHeaders",
    trailers: "responseTrailers",
    body: "responseBody",
    callbacks: {
      headers: "proxy_on_response_headers",
      body: "proxy_on_response_body",
      trailers: "proxy_on_response_trailers",
    },
  },
};

/** A lost VM's answer, with Envoy's own details. */
export const FAIL_CLOSED: LocalReply = {
  status: 503,
  details: "wasm_fail_stream",
  body: new Uint8Array(0),
  headers: [],
  grpcStatus: 14,
};
