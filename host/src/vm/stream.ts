import { concat, toBytes, toText } from "../abi/bytes.ts";
import type { LocalReply, SharedStream } from "../core/contexts.ts";
import type { Trap } from "../core/guest.ts";
import type { Header, HeaderMap } from "../core/header-map.ts";
import type { HttpChain, Passed } from "../core/http-chain.ts";
import type { Side, StepResult } from "../core/step.ts";

/** What a step of the stream brings; the end of the stream by default, as for a GET. */
export interface StepOptions {
  readonly endOfStream?: boolean;
}

/** What has left the filters towards one side so far. */
export interface Sent {
  readonly headers: HeaderMap | undefined;
  readonly body: Uint8Array;
  /** The body as text. */
  readonly text: string;
  /** The pieces in which it left. */
  readonly chunks: readonly Uint8Array[];
  readonly trailers: HeaderMap | undefined;
  readonly ended: boolean;
}

const NO_ARGS: readonly number[] = [];

/** One request through one plugin or a chain of them, driven step by step in the order that a proxy would. */
export class Stream {
  readonly #chain: HttpChain;
  readonly #now: () => bigint;
  #complete = false;

  /** @private made by `plugin.stream()` and `chain.stream()` */
  constructor(chain: HttpChain, now: () => bigint) {
    this.#chain = chain;
    this.#now = now;
  }

  /** The id that the (first) module knows it by. */
  get id(): number {
    return this.#chain.filters[0]?.context.id ?? 0;
  }

  /** The request's headers as they are now, with the modules' changes. */
  get request(): HeaderMap | undefined {
    return this.#shared.all.requestHeaders;
  }

  /** The response's headers as they are now. */
  get response(): HeaderMap | undefined {
    return this.#shared.all.responseHeaders;
  }

  /** What has reached the upstream. */
  get upstream(): Sent {
    return sent(this.#chain.passed.request);
  }

  /** What has reached the client; a local reply, too. */
  get downstream(): Sent {
    return sent(this.#chain.passed.response);
  }

  /** Whether a module holds back the request or the response at this moment. */
  get paused(): { readonly request: boolean; readonly response: boolean } {
    return { request: this.#held("request"), response: this.#held("response") };
  }

  /** A module's own answer, once there is one; it may come from a tick or a call-out's answer. */
  get localReply(): LocalReply | undefined {
    return this.#chain.localReply;
  }

  /** A module has reset the stream. */
  get wasReset(): boolean {
    return this.#chain.wasReset;
  }

  /** What modules have set by proxy_set_property (as `wasm.<name>`) and set_envoy_filter_state. */
  get filterState(): ReadonlyMap<string, Uint8Array> {
    return this.#shared.filterState;
  }

  requestHeaders(options: StepOptions = {}): StepResult {
    return this.#chain.requestHeaders(options.endOfStream ?? true);
  }

  requestBody(chunk: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#chain.data("request", toBytes(chunk), options.endOfStream ?? true);
  }

  requestTrailers(trailers: readonly Header[]): StepResult {
    return this.#chain.trailers("request", trailers);
  }

  responseHeaders(headers: readonly Header[], options: StepOptions = {}): StepResult {
    return this.#chain.responseHeaders(headers, options.endOfStream ?? true);
  }

  responseBody(chunk: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#chain.data("response", toBytes(chunk), options.endOfStream ?? true);
  }

  responseTrailers(trailers: readonly Header[]): StepResult {
    return this.#chain.trailers("response", trailers);
  }

  /** The upstream breaks off: before its response Envoy answers 503 in its place, after it the client's stream is reset. */
  upstreamReset(): StepResult {
    return this.#chain.upstreamReset();
  }

  /**
   * The end of the request, in the order that Envoy's HTTP filters see: on_log of each, then on_done and on_delete of each.
   * The result is the first on_log's. on_log may be the first callback of all, for a request that never came here.
   */
  complete(): StepResult {
    if (this.#complete) return { action: "continue" };
    this.#complete = true;
    this.#shared.endNs ??= this.#now();
    this.#warnOfLength("request");
    this.#warnOfLength("response");
    this.#warnOfPause("request");
    this.#warnOfPause("response");
    let trap: Trap | undefined;
    for (const filter of this.#chain.filters) {
      filter.context.logging = true;
      const result = filter.call("proxy_on_log", NO_ARGS);
      if (!result.ok) trap ??= result.trap;
    }
    for (const { context } of this.#chain.filters) context.logging = false;
    for (const filter of this.#chain.filters) filter.delete();
    return trap === undefined ? { action: "continue" } : { action: "continue", trap };
  }

  get #shared(): SharedStream {
    return this.#chain.shared;
  }

  #held(side: Side): boolean {
    return this.#chain.paused(side) && !this.#chain.over(side);
  }

  /** A body that a filter has changed no longer has the length that the headers tell. */
  #warnOfLength(side: Side): void {
    const { headers, chunks, ended } = this.#chain.passed[side];
    const told = headers?.text("content-length");
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (told === undefined || !ended || length === 0 || Number(told) === length) return;
    const { machine, context } = this.#chain.filters[0] ?? {};
    machine?.vm.misuse(
      "content-length",
      `the ${side} tells a content-length of ${told} and has ${length} bytes`,
      context,
    );
  }

  #warnOfPause(side: Side): void {
    if (!this.#held(side)) return;
    for (const filter of this.#chain.filters) {
      if (filter.stages[side].held === "nothing") continue;
      const { rootId } = filter.context.root;
      filter.machine.vm.misuse(
        "never-resumed",
        `the ${side} of stream ${filter.context.id} was paused by "${rootId}" and never resumed`,
        filter.context,
      );
    }
  }
}

function sent(passed: Passed): Sent {
  let body: Uint8Array = new Uint8Array(0);
  for (const chunk of passed.chunks) body = concat(body, chunk);
  const { headers, chunks, trailers, ended } = passed;
  return {
    headers,
    chunks: chunks.filter((chunk) => chunk.length > 0),
    trailers,
    ended,
    body,
    get text() {
      return toText(body);
    },
  };
}
