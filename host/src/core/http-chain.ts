import { LogLevel } from "../abi/numbers.ts";
import { concat } from "../abi/bytes.ts";
import type { LocalReply, SharedStream } from "./contexts.ts";
import type { CallResult, Trap } from "./guest.ts";
import { HeaderMap, type Header } from "./header-map.ts";
import type { HttpFilter, Stage } from "./http-filter.ts";
import { replyMessage } from "./local-reply.ts";
import { DIRECTIONS, FAIL_CLOSED, type Side, type StepResult } from "./step.ts";

/** What has left the filters towards one side. */
export interface Passed {
  headers: HeaderMap | undefined;
  readonly chunks: Uint8Array[];
  trailers: HeaderMap | undefined;
  ended: boolean;
}

/** Where a message is: which of the filters' stages it has come to. */
interface Place {
  readonly side: Side;
  readonly index: number;
}

const NO_BYTES = new Uint8Array(0);

// Envoy's answers to a body callback beside Continue (0) and "hold and show it whole" (1); what is more drops as well.
const HOLD_CHUNKS = 2;
const DROP = 3;

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
  readonly #bufferLimit: number;
  #step: { returned?: number | undefined; trap?: Trap | undefined } = {};

  /** @param bufferLimit bytes of a body that filters may hold back, Envoy's per_connection_buffer_limit_bytes */
  constructor(filters: readonly HttpFilter[], shared: SharedStream, bufferLimit: number) {
    this.filters = filters;
    this.shared = shared;
    this.#bufferLimit = bufferLimit;
    this.#order = { request: filters, response: filters.length > 1 ? filters.toReversed() : filters };
    for (const filter of filters) this.#connect(filter);
  }

  requestHeaders(endOfStream: boolean): StepResult {
    return this.#stepOf("request", () => this.#headers({ side: "request", index: 0 }, endOfStream));
  }

  responseHeaders(headers: readonly Header[], endOfStream: boolean): StepResult {
    return this.#stepOf("response", () => {
      this.shared.all.responseHeaders = new HeaderMap(headers, "response");
      this.#headers({ side: "response", index: 0 }, endOfStream);
    });
  }

  data(side: Side, chunk: Uint8Array, endOfStream: boolean): StepResult {
    return this.#stepOf(side, () => {
      this.shared[side === "request" ? "requestSize" : "responseSize"] += chunk.length;
      this.#data({ side, index: 0 }, chunk, endOfStream);
    });
  }

  trailers(side: Side, trailers: readonly Header[]): StepResult {
    return this.#stepOf(side, () => {
      this.shared.all[DIRECTIONS[side].trailers] = new HeaderMap(trailers);
      this.#trailers({ side, index: 0 });
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
      goOn: (side) => this.#goOn({ side, index: this.#order[side].indexOf(filter) }),
      reply: (reply) => this.#reply(reply),
      reset: () => this.#reset(),
    };
  }

  #headers(place: Place, end: boolean): void {
    const { side } = place;
    const filter = this.#order[side][place.index];
    if (filter === undefined) {
      this.passed[side].headers = this.shared.all[DIRECTIONS[side].headers]?.clone();
      this.passed[side].ended = end;
      return;
    }
    if (side === "request" && !filter.bypassed) filter.started = true;
    if (!sees(filter, side)) {
      this.#headers(next(place), end);
      return;
    }
    const stage = filter.stages[side];
    const map = this.shared.all[DIRECTIONS[side].headers];
    filter.context.open[DIRECTIONS[side].headers] = map;
    stage.headersWaiting = true;
    stage.headersEnd = end;
    stage.ended = end;
    const answer = this.#run(filter, place, "headers", [map?.count ?? 0, end ? 1 : 0]);
    if (answer === "over") return;
    if (answer === 0 || answer === CONTINUE_TOO) {
      filter.context.open[DIRECTIONS[side].headers] = undefined;
      this.#passHeaders(place, end);
    } else stage.held = filter.stopsHeadersOnly && answer === 1 ? "body" : "headers";
  }

  #data(place: Place, chunk: Uint8Array, end: boolean): void {
    const { side } = place;
    const filter = this.#order[side][place.index];
    if (filter === undefined) {
      this.passed[side].chunks.push(chunk);
      this.passed[side].ended = end;
      return;
    }
    if (!sees(filter, side)) {
      this.#data(next(place), chunk, end);
      return;
    }
    const stage = filter.stages[side];
    if (stage.held === "headers") {
      // Over the limit the connection is not read on, so that what follows comes after what is held.
      if (stage.body.bytes.length > this.#bufferLimit) stage.waiting.push({ chunk, end });
      else {
        stage.body.bytes = concat(stage.body.bytes, chunk);
        stage.ended ||= end;
      }
      return;
    }
    stage.ended ||= end;
    const slot = { bytes: stage.accumulates ? concat(stage.body.bytes, chunk) : chunk };
    // A response that holds too much is answered for before its filter sees the chunk, a request after.
    if (side === "response" && stage.accumulates && slot.bytes.length > this.#bufferLimit) {
      this.#tooLarge(side);
      return;
    }
    filter.context[DIRECTIONS[side].body] = slot;
    const answer = this.#run(filter, place, "body", [slot.bytes.length, end ? 1 : 0]);
    if (answer === "over") return;
    if (answer < DROP) {
      stage.body.bytes = stage.accumulates ? slot.bytes : concat(stage.body.bytes, slot.bytes);
    }
    stage.accumulates = false;
    if (answer === 0) this.#passBody(place, stage);
    else this.#holdBody(place, stage, answer);
  }

  #holdBody(place: Place, stage: Stage, answer: number): void {
    const filter = this.#order[place.side][place.index];
    stage.held = "body";
    stage.accumulates = answer < HOLD_CHUNKS;
    if (filter !== undefined) {
      filter.context[DIRECTIONS[place.side].body] = stage.accumulates ? stage.body : undefined;
      if (place.side === "request") filter.context.holdsRequestBody = stage.accumulates;
    }
    if (stage.body.bytes.length > this.#bufferLimit) this.#tooLarge(place.side);
  }

  #trailers(place: Place): void {
    const { side } = place;
    const filter = this.#order[side][place.index];
    const map = this.shared.all[DIRECTIONS[side].trailers];
    if (filter === undefined) {
      this.passed[side].trailers = map?.clone();
      this.passed[side].ended = true;
      return;
    }
    if (!sees(filter, side)) {
      this.#trailers(next(place));
      return;
    }
    const stage = filter.stages[side];
    stage.trailersWaiting = true;
    if (stage.held === "headers") return;
    filter.context.open[DIRECTIONS[side].trailers] = map;
    const answer = this.#run(filter, place, "trailers", [map?.count ?? 0]);
    if (answer === "over") return;
    if (answer === 0) {
      filter.context.open[DIRECTIONS[side].trailers] = undefined;
      this.#passTrailers(place, stage);
    } else stage.held = "trailers";
  }

  #passHeaders(place: Place, end: boolean): void {
    const filter = this.#order[place.side][place.index];
    const stage = filter?.stages[place.side];
    if (filter === undefined || stage === undefined || !stage.headersWaiting) return;
    stage.headersWaiting = false;
    this.#headers(next(place), end);
  }

  /** Hands on all bytes that are there, and trailers that a body callback has made. */
  #passBody(place: Place, stage: Stage): void {
    const { bytes } = stage.body;
    const { side } = place;
    const made = this.#madeTrailers(place);
    stage.body.bytes = NO_BYTES;
    stage.accumulates = false;
    stage.held = "nothing";
    this.#order[side][place.index]?.closeBody(side);
    this.#passHeaders(place, false);
    if (!this.#alive[side]) return;
    const end = stage.ended && !stage.trailersWaiting;
    this.#data(next(place), bytes, end && !made);
    if (made && this.#alive[side]) this.#trailers(next(place));
  }

  #passTrailers(place: Place, stage: Stage): void {
    const { side } = place;
    if (stage.body.bytes.length > 0 || stage.headersWaiting) this.#passHeaders(place, false);
    if (stage.body.bytes.length > 0 && this.#alive[side]) this.#passBody(place, stage);
    stage.held = "nothing";
    stage.trailersWaiting = false;
    if (this.#alive[side]) this.#trailers(next(place));
  }

  /** Trailers that the filter itself has added to a message that had none. */
  #madeTrailers(place: Place): boolean {
    const filter = this.#order[place.side][place.index];
    const { trailers } = DIRECTIONS[place.side];
    const made = filter?.context.open[trailers];
    if (made === undefined || this.shared.all[trailers] !== undefined) return false;
    this.shared.all[trailers] = made;
    return true;
  }

  /** Lets go what the filter holds back. During its own callback this waits for its end. */
  #goOn(place: Place): void {
    const { side } = place;
    const filter = this.#order[side][place.index];
    if (filter === undefined || !this.#alive[side]) return;
    const stage = filter.stages[side];
    const { vm } = filter.machine;
    if (side === "response" && this.shared.all.responseHeaders === undefined) {
      vm.misuse("resumed-without-response", `the response of stream ${filter.context.id} was resumed`, filter.context);
    }
    if (stage.running) {
      // Of a body it is Envoy that waits for the callback's end.
      if (stage.held === "nothing" && stage.headersWaiting)
        vm.misuse(
          "resumed-in-callback",
          `the ${side} of stream ${filter.context.id} was resumed by its own callback`,
          filter.context,
        );
      stage.resumed = true;
      return;
    }
    const { held } = stage;
    stage.held = "nothing";
    if (held === "nothing") {
      filter.machine.vm.log(LogLevel.Debug, "host", `proxy_continue_stream: the ${side} was not held back`);
    } else if (held === "headers") this.#goOnFromHeaders(place, stage);
    else if (held === "body") this.#goOnFromBody(place, stage);
    else this.#passTrailers(place, stage);
  }

  /** What came meanwhile is seen by this filter now, in one piece. */
  #goOnFromHeaders(place: Place, stage: Stage): void {
    const { side } = place;
    const { bytes } = stage.body;
    const { trailersWaiting, headersEnd } = stage;
    const end = stage.ended && !trailersWaiting;
    stage.body.bytes = NO_BYTES;
    this.#passHeaders(place, headersEnd);
    if (headersEnd || !this.#alive[side]) return;
    if (bytes.length > 0 || end) this.#data(place, bytes, end);
    for (const { chunk, end: last } of stage.waiting.splice(0)) if (this.#alive[side]) this.#data(place, chunk, last);
    if (trailersWaiting && this.#alive[side]) this.#trailers(place);
  }

  #goOnFromBody(place: Place, stage: Stage): void {
    if (stage.headersEnd && stage.body.bytes.length === 0) this.#passHeaders(place, true);
    else this.#passBody(place, stage);
  }

  /** Calls the module. "over" when its message goes no further, else its answer: 0 lets it go on. */
  #run(
    filter: HttpFilter,
    place: Place,
    event: "headers" | "body" | "trailers",
    args: readonly number[],
  ): number | "over" {
    const { side } = place;
    const stage = filter.stages[side];
    filter.context.endOfStream = args[1] === 1 && event === "body";
    stage.running = true;
    const result = filter.call(DIRECTIONS[side].callbacks[event], args);
    stage.running = false;
    const { resumed } = stage;
    stage.resumed = false;
    const answer = this.#answer(filter, result);
    if (!this.#alive[side]) return "over";
    return resumed ? 0 : answer;
  }

  #answer(filter: HttpFilter, result: CallResult): number {
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
    this.#headers(start, body.length === 0);
    if (body.length > 0 && this.#alive.response) this.#data(start, body, true);
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

function sees(filter: HttpFilter, side: Side): boolean {
  return !filter.bypassed && (side === "request" || filter.started);
}

/** Of a header callback: 2 is a number that Envoy once had, and now takes as going on. */
const CONTINUE_TOO = 2;

function next(place: Place): Place {
  return { side: place.side, index: place.index + 1 };
}

function nothingPassed(): Passed {
  return { headers: undefined, chunks: [], trailers: undefined, ended: false };
}
