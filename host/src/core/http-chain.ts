import type { LocalReply, SharedStream } from "./contexts.ts";
import type { CallResult, Trap } from "./guest.ts";
import { HeaderMap, type Header } from "./header-map.ts";
import type { HttpFilter } from "./http-filter.ts";
import { Passage, type Passed } from "./http-passage.ts";
import { replyMessage } from "./local-reply.ts";
import { DIRECTIONS, FAIL_CLOSED, type Side, type StepResult } from "./step.ts";

/**
 * One request through the filters of a chain, as Envoy's filter manager leads it: what a filter holds back, what it sees
 * when it goes on, how a local reply takes the response's way, what is no longer called after a reset or a trap.
 */
export class HttpChain {
  readonly shared: SharedStream;
  readonly filters: readonly HttpFilter[];
  /** What has reached the upstream (`request`) and the client (`response`). */
  readonly passed: Readonly<Record<Side, Passed>> = { request: nothingPassed(), response: nothingPassed() };
  localReply: LocalReply | undefined;
  wasReset = false;
  readonly #order: Readonly<Record<Side, readonly HttpFilter[]>>;
  readonly #alive: Record<Side, boolean> = { request: true, response: true };
  readonly #passage: Passage;
  #step: { returned?: number | undefined; trap?: Trap | undefined } = {};

  /** @param bufferLimit bytes of a body that filters may hold back, Envoy's per_connection_buffer_limit_bytes */
  constructor(filters: readonly HttpFilter[], shared: SharedStream, bufferLimit: number) {
    this.filters = filters;
    this.shared = shared;
    this.#order = { request: filters, response: filters.length > 1 ? filters.toReversed() : filters };
    this.#passage = new Passage({
      shared,
      order: this.#order,
      passed: this.passed,
      bufferLimit,
      alive: this.#alive,
      answer: (result) => this.#answer(result),
      tooLarge: (side) => this.#tooLarge(side),
    });
    for (const filter of filters) this.#connect(filter);
  }

  requestHeaders(endOfStream: boolean): StepResult {
    return this.#stepOf("request", () => this.#passage.headers({ side: "request", index: 0 }, endOfStream));
  }

  responseHeaders(headers: readonly Header[], endOfStream: boolean): StepResult {
    return this.#stepOf("response", () => {
      this.shared.all.responseHeaders = new HeaderMap(headers, "response");
      this.#passage.headers({ side: "response", index: 0 }, endOfStream);
    });
  }

  data(side: Side, chunk: Uint8Array, endOfStream: boolean): StepResult {
    return this.#stepOf(side, () => {
      this.shared[side === "request" ? "requestSize" : "responseSize"] += chunk.length;
      this.#passage.data({ side, index: 0 }, chunk, endOfStream);
    });
  }

  trailers(side: Side, trailers: readonly Header[]): StepResult {
    return this.#stepOf(side, () => {
      this.shared.all[DIRECTIONS[side].trailers] = new HeaderMap(trailers);
      this.#passage.trailers({ side, index: 0 });
    });
  }

  /** The upstream breaks off: before a response is on its way a 503, after it a reset of the client's stream. */
  upstreamReset(): StepResult {
    return this.#stepOf("response", () => {
      if (this.shared.all.responseHeaders === undefined) this.#reply(UPSTREAM_RESET);
      else this.#reset();
    });
  }

  /** Whether any filter holds back a direction. */
  paused(side: Side): boolean {
    for (const filter of this.#order[side]) if (filter.stages[side].held !== "nothing") return true;
    return false;
  }

  /** Nothing more is passed on: a local reply or a reset has come instead. */
  over(side: Side): boolean {
    return !this.#alive[side];
  }

  #stepOf(side: Side, run: () => void): StepResult {
    const replyBefore = this.localReply;
    const resetBefore = this.wasReset;
    this.#step = {};
    // What comes from outside after a local reply has nowhere to go.
    if (this.#alive[side] && this.localReply === undefined) run();
    const { returned, trap } = this.#step;
    const reset = this.wasReset && !resetBefore;
    const reply = this.localReply === replyBefore ? undefined : this.localReply;
    const goesOn = this.#alive[side] && this.localReply === undefined && !this.paused(side);
    const result: { -readonly [Key in keyof StepResult]: StepResult[Key] } = { action: goesOn ? "continue" : "pause" };
    if (returned !== undefined && !reset && reply === undefined) result.returned = returned;
    if (reply !== undefined) result.localReply = reply;
    if (trap !== undefined) result.trap = trap;
    if (reset) result.reset = reset;
    return result;
  }

  /** What the module asks for about the stream; the VM calls these after its callback. */
  #connect(filter: HttpFilter): void {
    filter.context.effects = {
      goOn: (side) => this.#passage.goOn({ side, index: this.#order[side].indexOf(filter) }),
      reply: (reply) => this.#reply(reply),
      reset: () => this.#reset(),
    };
  }

  #answer(result: CallResult): number {
    if (result.ok) {
      if (result.value !== undefined) this.#step.returned = result.value;
      return result.value ?? 0;
    }
    this.#step.trap = result.trap;
    // Failing open is for what comes after: the stream that lost the VM is answered all the same.
    this.#reply(FAIL_CLOSED);
    return 0;
  }

  /** Takes the response's way through the filters, if no response is on it; only the first reply counts. */
  #reply(reply: LocalReply): void {
    if (this.localReply !== undefined || this.wasReset) return;
    this.#alive.request = false;
    if (!this.#alive.response) return;
    if (this.passed.response.headers !== undefined) {
      this.#reset();
      return;
    }
    this.localReply = reply;
    this.shared.codeDetails = reply.details;
    const { headers, body } = replyMessage(reply, this.shared.all.requestHeaders);
    const responding = this.shared.all.responseHeaders !== undefined;
    this.shared.all.responseHeaders = headers;
    const start = { side: "response", index: responding ? this.filters.length : 0 } as const;
    this.#passage.headers(start, body.length === 0);
    if (body.length > 0 && this.#alive.response) this.#passage.data(start, body, true);
    // A response that was on its way is dropped for the reply.
    if (responding) this.#alive.response = false;
  }

  #reset(): void {
    this.wasReset = true;
    this.#alive.request = false;
    this.#alive.response = false;
  }

  /** More than filters may hold back: Envoy answers in the filter's place. */
  #tooLarge(side: Side): void {
    const text = side === "request" ? "Payload Too Large" : "Internal Server Error";
    this.#reply({
      status: side === "request" ? 413 : 500,
      details: side === "request" ? "request_payload_too_large" : "response_payload_too_large",
      body: new TextEncoder().encode(text),
      headers: [],
    });
  }
}

const UPSTREAM_RESET: LocalReply = {
  status: 503,
  details: "upstream_reset_before_response_started{connection_termination}",
  body: new TextEncoder().encode(
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
  ),
  headers: [],
};

function nothingPassed(): Passed {
  return { headers: undefined, chunks: [], trailers: undefined, ended: false };
}
