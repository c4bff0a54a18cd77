import { toBytes, toText } from "../abi/bytes.ts";
import type { HttpAnswer, HttpCall } from "../core/call-outs.ts";
import { type Header, HeaderMap } from "../core/header-map.ts";

/** What a scripted cluster answers with. Status 200, no body by default. */
export interface Reply {
  readonly status?: number;
  readonly headers?: readonly Header[];
  readonly body?: string | Uint8Array;
  readonly trailers?: readonly Header[];
}

/** What a scripted cluster does with a request: a reply at once, or one of `delay`, `reset`, `timeout` and `hold`. */
export type Outcome = Reply | Delayed | { readonly kind: "reset" | "cut" | "timeout" | "hold" };

/** Something that happens later, in milliseconds of host time. */
export interface Delayed {
  readonly kind: "delay";
  readonly ms: number;
  readonly outcome: Outcome;
}

/** A call-out as a scripted cluster sees it. */
export interface CallOut {
  readonly cluster: string;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  /** The body as text. */
  readonly text: string;
  readonly trailers: HeaderMap | undefined;
  readonly timeoutMs: number;
}

/** A call-out that waits for its answer, which a test may give in any order. */
export interface PendingCall extends CallOut {
  answer(reply: Reply): void;
  reset(options?: { readonly afterHeaders?: boolean }): void;
  timeout(): void;
}

/** A cluster of a test. It is a plain function: what it answers arrives later, never inside the host call. */
export type Cluster = (request: CallOut) => Outcome;

/** The outcome comes so many milliseconds of host time later. */
export function delay(ms: number, outcome: Outcome): Delayed {
  return { kind: "delay", ms, outcome };
}

/** The connection breaks. Before a response began, Envoy makes a 503 of it; after, the module is told of no response at all. */
export function reset(options: { readonly afterHeaders?: boolean } = {}): Outcome {
  return { kind: options.afterHeaders === true ? "cut" : "reset" };
}

/** No answer comes until the call's own time-out, with which Envoy answers 504; without a time-out, never. */
export function timeout(): Outcome {
  return { kind: "timeout" };
}

/** No answer comes until the test gives it by `host.calls`. */
export function hold(): Outcome {
  return { kind: "hold" };
}

/** The reply as it reaches the module. */
export function answerOf(reply: Reply): HttpAnswer {
  return {
    headers: new HeaderMap([[":status", String(reply.status ?? 200)], ...(reply.headers ?? [])]),
    body: toBytes(reply.body ?? ""),
    ...(reply.trailers === undefined ? {} : { trailers: new HeaderMap(reply.trailers) }),
  };
}

/** What Envoy itself answers for an upstream that gives no response. */
export const ENVOY_REPLIES = {
  reset: ownReply(
    503,
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
  ),
  timeout: ownReply(504, "upstream request timeout"),
} as const;

function ownReply(status: number, body: string): Reply {
  return {
    status,
    headers: [
      ["content-length", String(body.length)],
      ["content-type", "text/plain"],
    ],
    body,
  };
}

/** A call-out in the words of a test. */
export function callOut(call: HttpCall): CallOut {
  return {
    cluster: call.cluster,
    method: call.headers.text(":method") ?? "",
    path: call.headers.text(":path") ?? "",
    authority: call.headers.text(":authority") ?? "",
    headers: call.headers,
    body: call.body,
    text: toText(call.body),
    trailers: call.trailers,
    timeoutMs: call.timeoutMs,
  };
}
