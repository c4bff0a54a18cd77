import { toBytes } from "../abi/bytes.ts";
import type { LocalReply } from "../core/contexts.ts";
import type { Header, HeaderMap } from "../core/header-map.ts";
import type { StepResult } from "../core/step.ts";
import type { StreamMachine } from "../core/stream-machine.ts";

/** What a step of the stream brings; the end of the stream by default, as for a GET. */
export interface StepOptions {
  readonly endOfStream?: boolean;
}

/** One request through one plugin, driven step by step in the order that a proxy would. */
export class Stream {
  readonly #machine: StreamMachine;
  readonly #forget: () => void;

  /** @private made by `plugin.stream()` */
  constructor(machine: StreamMachine, forget: () => void) {
    this.#machine = machine;
    this.#forget = forget;
  }

  /** The id that the module knows it by. */
  get id(): number {
    return this.#machine.context.id;
  }

  /** The request's headers as they are now, with the module's changes. */
  get request(): HeaderMap | undefined {
    return this.#machine.context.all.requestHeaders;
  }

  /** The response's headers as they are now. */
  get response(): HeaderMap | undefined {
    return this.#machine.context.all.responseHeaders;
  }

  /** Whether the module holds back the request or the response at this moment. */
  get paused(): { readonly request: boolean; readonly response: boolean } {
    return this.#machine.paused;
  }

  /** The module's own answer, once there is one; it may come from a tick. */
  get localReply(): LocalReply | undefined {
    return this.#machine.localReply;
  }

  requestHeaders(options: StepOptions = {}): StepResult {
    return this.#machine.requestHeaders(options.endOfStream ?? true);
  }

  requestBody(chunk: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#machine.requestBody(toBytes(chunk), options.endOfStream ?? true);
  }

  requestTrailers(trailers: readonly Header[]): StepResult {
    return this.#machine.requestTrailers(trailers);
  }

  responseHeaders(headers: readonly Header[], options: StepOptions = {}): StepResult {
    return this.#machine.responseHeaders(headers, options.endOfStream ?? true);
  }

  responseBody(chunk: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#machine.responseBody(toBytes(chunk), options.endOfStream ?? true);
  }

  responseTrailers(trailers: readonly Header[]): StepResult {
    return this.#machine.responseTrailers(trailers);
  }

  done(): StepResult {
    return this.#machine.done();
  }

  log(): StepResult {
    return this.#machine.log();
  }

  delete(): void {
    this.#machine.delete();
    this.#forget();
  }

  /** The end of a request, in the order that Envoy's HTTP filters see: on_log, on_done, on_delete. The result is on_log's. */
  complete(): StepResult {
    const logged = this.log();
    this.done();
    this.delete();
    return logged;
  }
}
