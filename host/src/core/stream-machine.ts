import { Action } from "../abi/numbers.ts";
import type { LocalReply, StreamContext } from "./contexts.ts";
import type { CallResult, Trap } from "./guest.ts";
import { HeaderMap, type Header } from "./header-map.ts";
import type { Machine } from "./machine.ts";
import {
  CONTINUES,
  type Direction,
  FAIL_CLOSED,
  type FailurePolicy,
  REQUEST,
  RESPONSE,
  type StepResult,
} from "./step.ts";

/**
 * One request through one plugin, step by step. It holds the rules that Envoy has around the callbacks: which maps are
 * there when, what is put off until a callback returns, what is no longer called after a local reply or a trap.
 */
export class StreamMachine {
  readonly context: StreamContext;
  readonly #machine: Machine;
  readonly #policy: FailurePolicy;
  #created = false;
  #stopped = false;
  #paused: { request: boolean; response: boolean } = { request: false, response: false };
  #localReply: LocalReply | undefined;

  constructor(machine: Machine, context: StreamContext, policy: FailurePolicy) {
    this.#machine = machine;
    this.context = context;
    this.#policy = policy;
  }

  requestHeaders(endOfStream: boolean): StepResult {
    return this.#headers(REQUEST, "proxy_on_request_headers", endOfStream);
  }

  requestBody(chunk: Uint8Array, endOfStream: boolean): StepResult {
    return this.#body(REQUEST, "proxy_on_request_body", chunk, endOfStream);
  }

  requestTrailers(trailers: readonly Header[]): StepResult {
    return this.#trailers(REQUEST, "proxy_on_request_trailers", trailers);
  }

  responseHeaders(headers: readonly Header[], endOfStream: boolean): StepResult {
    this.context.all.responseHeaders = new HeaderMap(headers);
    return this.#headers(RESPONSE, "proxy_on_response_headers", endOfStream);
  }

  responseBody(chunk: Uint8Array, endOfStream: boolean): StepResult {
    return this.#body(RESPONSE, "proxy_on_response_body", chunk, endOfStream);
  }

  responseTrailers(trailers: readonly Header[]): StepResult {
    return this.#trailers(RESPONSE, "proxy_on_response_trailers", trailers);
  }

  /** The stream is over. */
  done(): StepResult {
    this.#over();
    return this.#quiet("proxy_on_done");
  }

  /** The access log: it may be the first callback of all, for a request that was rejected before it came here. */
  log(): StepResult {
    this.#over();
    this.context.logging = true;
    const result = this.#quiet("proxy_on_log");
    this.context.logging = false;
    return result;
  }

  delete(): void {
    if (this.#created) this.#machine.delete(this.context);
    this.#created = false;
  }

  /** What the module holds back now. */
  get paused(): { readonly request: boolean; readonly response: boolean } {
    return this.#paused;
  }

  /** The module's own answer, once it has given one. */
  get localReply(): LocalReply | undefined {
    return this.#localReply;
  }

  /** Applies what a callback about something else, such as a tick, has put off for this stream. */
  settle(): void {
    const { deferred } = this.context;
    if (this.#end() !== undefined) return;
    if (deferred.continueRequest) this.#goOn(REQUEST);
    if (deferred.continueResponse) this.#goOn(RESPONSE);
  }

  #headers(direction: Direction, callback: string, endOfStream: boolean): StepResult {
    const map = this.context.all[direction.headers];
    this.context.open[direction.headers] = map;
    return this.#step(direction, callback, [map?.count ?? 0, endOfStream ? 1 : 0]);
  }

  #trailers(direction: Direction, callback: string, trailers: readonly Header[]): StepResult {
    const map = new HeaderMap(trailers);
    this.context.all[direction.trailers] = map;
    this.context.open[direction.trailers] = map;
    return this.#step(direction, callback, [map.count]);
  }

  /** What was held back by a pause is seen again, together with the new chunk. */
  #body(direction: Direction, callback: string, chunk: Uint8Array, endOfStream: boolean): StepResult {
    const held = this.context[direction.body] ?? new Uint8Array(0);
    const body = new Uint8Array(held.length + chunk.length);
    body.set(held);
    body.set(chunk, held.length);
    this.context[direction.body] = body;
    const result = this.#step(direction, callback, [body.length, endOfStream ? 1 : 0]);
    if (result.action === "continue") this.context[direction.body] = undefined;
    return result;
  }

  #step(direction: Direction, callback: string, args: readonly number[]): StepResult {
    if (this.#stopped) return { action: "pause" };
    const created = this.#create();
    const result = created.ok ? this.#machine.call(this.context, callback, args) : created;
    return result.ok ? this.#after(result.value, direction) : this.#failed(result.trap);
  }

  /** A callback whose result moves nothing. */
  #quiet(callback: string): StepResult {
    const created = this.#create();
    const result = created.ok ? this.#machine.call(this.context, callback, []) : created;
    if (!result.ok) return { action: "continue", trap: result.trap };
    return { action: "continue", ...(result.value === undefined ? {} : { returned: result.value }) };
  }

  #over(): void {
    this.context.endNs ??= this.#machine.vm.world.now();
  }

  #create(): CallResult {
    if (this.#created) return { ok: true, value: undefined };
    this.#created = true;
    return this.#machine.create(this.context);
  }

  /** Applies what was put off: a local reply or a reset ends the stream for this filter, whatever the module returned. */
  #after(value: number | undefined, direction: Direction): StepResult {
    const ended = this.#end();
    if (ended !== undefined) return ended;
    const { deferred } = this.context;
    const other = direction === REQUEST ? RESPONSE : REQUEST;
    if (deferred[CONTINUES[other.side]]) this.#goOn(other);
    const goesOn = deferred[CONTINUES[direction.side]] || (value ?? Action.Continue) === Action.Continue;
    if (goesOn) this.#goOn(direction);
    else this.#paused[direction.side] = true;
    return { action: goesOn ? "continue" : "pause", ...(value === undefined ? {} : { returned: value }) };
  }

  #end(): StepResult | undefined {
    const { deferred } = this.context;
    const { localReply, reset } = deferred;
    if (localReply === undefined && !reset) return undefined;
    deferred.localReply = undefined;
    deferred.reset = false;
    this.#localReply ??= localReply;
    // The response that a local reply makes still comes by; a stream that was reset has none.
    this.#stopped = reset;
    return { action: "pause", ...(localReply === undefined ? {} : { localReply }), ...(reset ? { reset } : {}) };
  }

  /** Its headers and trailers are with the next filter then. */
  #goOn(direction: Direction): void {
    const { deferred, open } = this.context;
    open[direction.headers] = undefined;
    open[direction.trailers] = undefined;
    deferred[CONTINUES[direction.side]] = false;
    this.#paused[direction.side] = false;
  }

  #failed(trap: Trap): StepResult {
    if (this.#policy === "open") return { action: "continue", trap };
    this.#stopped = true;
    this.#localReply ??= FAIL_CLOSED;
    return { action: "pause", trap, localReply: FAIL_CLOSED };
  }
}
