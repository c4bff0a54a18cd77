import { LogLevel } from "../abi/numbers.ts";
import { concat } from "../abi/bytes.ts";
import type { SharedStream } from "./contexts.ts";
import type { CallResult } from "./guest.ts";
import type { HeaderMap } from "./header-map.ts";
import type { HttpFilter, Stage } from "./http-filter.ts";
import { DIRECTIONS, type Side } from "./step.ts";

/** What has left the filters towards one side. */
export interface Passed {
  headers: HeaderMap | undefined;
  readonly chunks: Uint8Array[];
  trailers: HeaderMap | undefined;
  ended: boolean;
}

/** Where a message is: which of the filters' stages it has come to. */
export interface Place {
  readonly side: Side;
  readonly index: number;
}

/** What a message's way needs of the stream that it belongs to. */
export interface PassageWorld {
  readonly shared: SharedStream;
  readonly order: Readonly<Record<Side, readonly HttpFilter[]>>;
  readonly passed: Readonly<Record<Side, Passed>>;
  /** Bytes of a body that filters may hold back. */
  readonly bufferLimit: number;
  /** A direction ends when a reply or a reset has come instead. */
  readonly alive: Readonly<Record<Side, boolean>>;
  /** What a callback has come to: 0 lets the message go on. */
  answer(result: CallResult): number;
  /** More is held back than may be. */
  tooLarge(side: Side): void;
}

const NO_BYTES = new Uint8Array(0);

// Envoy's answers to a body callback beside Continue (0) and "hold and show it whole" (1); what is more drops as well.
const HOLD_CHUNKS = 2;
const DROP = 3;
/** Of a header callback: 2 is a number that Envoy once had, and now takes as going on. */
const CONTINUE_TOO = 2;

/** The way of headers, body and trailers through the filters of both directions: what each holds back, and sees later. */
export class Passage {
  readonly #world: PassageWorld;

  constructor(world: PassageWorld) {
    this.#world = world;
  }

  /** @param end they are the whole message */
  headers(place: Place, end: boolean): void {
    const { side } = place;
    const filter = this.#world.order[side][place.index];
    if (filter === undefined) {
      this.#world.passed[side].headers = this.#world.shared.all[DIRECTIONS[side].headers]?.clone();
      this.#world.passed[side].ended = end;
      return;
    }
    if (side === "request" && !filter.bypassed) filter.started = true;
    if (!sees(filter, side)) {
      this.headers(next(place), end);
      return;
    }
    const stage = filter.stages[side];
    const map = this.#world.shared.all[DIRECTIONS[side].headers];
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

  data(place: Place, chunk: Uint8Array, end: boolean): void {
    const { side } = place;
    const filter = this.#world.order[side][place.index];
    if (filter === undefined) {
      this.#world.passed[side].chunks.push(chunk);
      this.#world.passed[side].ended = end;
      return;
    }
    if (!sees(filter, side)) {
      this.data(next(place), chunk, end);
      return;
    }
    const stage = filter.stages[side];
    if (stage.held === "headers") {
      // Over the limit the connection is not read on, so that what follows comes after what is held.
      if (stage.body.bytes.length > this.#world.bufferLimit) stage.waiting.push({ chunk, end });
      else {
        stage.body.bytes = concat(stage.body.bytes, chunk);
        stage.ended ||= end;
      }
      return;
    }
    stage.ended ||= end;
    const slot = { bytes: stage.accumulates ? concat(stage.body.bytes, chunk) : chunk };
    // A response that holds too much is answered for before its filter sees the chunk, a request after.
    if (side === "response" && stage.accumulates && slot.bytes.length > this.#world.bufferLimit) {
      this.#world.tooLarge(side);
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
    const filter = this.#world.order[place.side][place.index];
    stage.held = "body";
    stage.accumulates = answer < HOLD_CHUNKS;
    if (filter !== undefined) {
      filter.context[DIRECTIONS[place.side].body] = stage.accumulates ? stage.body : undefined;
      if (place.side === "request") filter.context.holdsRequestBody = stage.accumulates;
    }
    if (stage.body.bytes.length > this.#world.bufferLimit) this.#world.tooLarge(place.side);
  }

  trailers(place: Place): void {
    const { side } = place;
    const filter = this.#world.order[side][place.index];
    const map = this.#world.shared.all[DIRECTIONS[side].trailers];
    if (filter === undefined) {
      this.#world.passed[side].trailers = map?.clone();
      this.#world.passed[side].ended = true;
      return;
    }
    if (!sees(filter, side)) {
      this.trailers(next(place));
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
    const filter = this.#world.order[place.side][place.index];
    const stage = filter?.stages[place.side];
    if (filter === undefined || stage === undefined || !stage.headersWaiting) return;
    stage.headersWaiting = false;
    this.headers(next(place), end);
  }

  /** Hands on all bytes that are there, and trailers that a body callback has made. */
  #passBody(place: Place, stage: Stage): void {
    const { bytes } = stage.body;
    const { side } = place;
    const made = this.#madeTrailers(place);
    stage.body.bytes = NO_BYTES;
    stage.accumulates = false;
    stage.held = "nothing";
    this.#world.order[side][place.index]?.closeBody(side);
    this.#passHeaders(place, false);
    if (!this.#world.alive[side]) return;
    const end = stage.ended && !stage.trailersWaiting;
    this.data(next(place), bytes, end && !made);
    if (made && this.#world.alive[side]) this.trailers(next(place));
  }

  #passTrailers(place: Place, stage: Stage): void {
    const { side } = place;
    if (stage.body.bytes.length > 0 || stage.headersWaiting) this.#passHeaders(place, false);
    if (stage.body.bytes.length > 0 && this.#world.alive[side]) this.#passBody(place, stage);
    stage.held = "nothing";
    stage.trailersWaiting = false;
    if (this.#world.alive[side]) this.trailers(next(place));
  }

  /** Trailers that the filter itself has added to a message that had none. */
  #madeTrailers(place: Place): boolean {
    const filter = this.#world.order[place.side][place.index];
    const { trailers } = DIRECTIONS[place.side];
    const made = filter?.context.open[trailers];
    if (made === undefined || this.#world.shared.all[trailers] !== undefined) return false;
    this.#world.shared.all[trailers] = made;
    return true;
  }

  /** Lets go what the filter holds back. During its own callback this waits for its end. */
  goOn(place: Place): void {
    const { side } = place;
    const filter = this.#world.order[side][place.index];
    if (filter === undefined || !this.#world.alive[side]) return;
    const stage = filter.stages[side];
    const { vm } = filter.machine;
    if (side === "response" && this.#world.shared.all.responseHeaders === undefined) {
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
    if (headersEnd || !this.#world.alive[side]) return;
    if (bytes.length > 0 || end) this.data(place, bytes, end);
    for (const { chunk, end: last } of stage.waiting.splice(0))
      if (this.#world.alive[side]) this.data(place, chunk, last);
    if (trailersWaiting && this.#world.alive[side]) this.trailers(place);
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
    const answer = this.#world.answer(result);
    if (!this.#world.alive[side]) return "over";
    return resumed ? 0 : answer;
  }
}

function sees(filter: HttpFilter, side: Side): boolean {
  return !filter.bypassed && (side === "request" || filter.started);
}

function next(place: Place): Place {
  return { side: place.side, index: place.index + 1 };
}
