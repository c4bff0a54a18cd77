import type { BodySlot, StreamContext } from "./contexts.ts";
import type { CallResult } from "./guest.ts";
import type { Machine } from "./machine.ts";
import { DIRECTIONS, type FailurePolicy, type Side } from "./step.ts";

/** What a filter holds back in one direction, and since which callback. */
export interface Stage {
  held: "nothing" | "headers" | "body" | "trailers";
  /** The headers have been seen by this filter, but not by the next. */
  headersWaiting: boolean;
  /** They were the whole message. */
  headersEnd: boolean;
  /** Bytes that have come, but have not gone. */
  readonly body: BodySlot;
  /** The next body callback is about all of `body`, not only about its chunk. */
  accumulates: boolean;
  /** The last byte has come. */
  ended: boolean;
  trailersWaiting: boolean;
  /** What came while more was held than may be: it is not read until the stream goes on. */
  readonly waiting: { readonly chunk: Uint8Array; readonly end: boolean }[];
  /** A callback of this direction is under way; `resumed` says that it asked to go on. */
  running: boolean;
  resumed: boolean;
}

/** One filter of a stream: its context in its VM, and what it holds back. */
export class HttpFilter {
  readonly context: StreamContext;
  readonly machine: Machine;
  readonly policy: FailurePolicy;
  /** Headers that stop let the body come all the same: Envoy's allow_on_headers_stop_iteration. */
  readonly stopsHeadersOnly: boolean;
  readonly stages: Readonly<Record<Side, Stage>> = { request: newStage(), response: newStage() };
  /** It has seen the request's headers. A filter that has not sees nothing of the response either. */
  started = false;
  #created = false;

  constructor(machine: Machine, context: StreamContext, policy: FailurePolicy, stopsHeadersOnly: boolean) {
    this.machine = machine;
    this.context = context;
    this.policy = policy;
    this.stopsHeadersOnly = stopsHeadersOnly;
  }

  /** Its VM is lost, and it fails open. */
  get bypassed(): boolean {
    return this.policy === "open" && this.machine.failure !== undefined;
  }

  /** Calls the module, which is told of the context first when it does not know it. */
  call(callback: string, args: readonly number[]): CallResult {
    const created = this.create();
    return created.ok ? this.machine.call(this.context, callback, args) : created;
  }

  create(): CallResult {
    if (this.#created) return CREATED;
    this.#created = true;
    return this.machine.create(this.context);
  }

  /** Its bytes are with the next filter then. Headers and trailers stay as they are: only their own callback closes them. */
  closeBody(side: Side): void {
    this.context[DIRECTIONS[side].body] = undefined;
    if (side === "request") this.context.holdsRequestBody = false;
  }

  /** on_done and on_delete, for a context that the module knows. */
  delete(): CallResult | undefined {
    if (!this.#created) return undefined;
    this.#created = false;
    const done = this.machine.call(this.context, "proxy_on_done", []);
    this.machine.delete(this.context);
    return done;
  }
}

const NO_BYTES = new Uint8Array(0);
const CREATED: CallResult = { ok: true, value: undefined };

function newStage(): Stage {
  return {
    held: "nothing",
    headersWaiting: false,
    headersEnd: false,
    body: { bytes: NO_BYTES },
    accumulates: false,
    ended: false,
    trailersWaiting: false,
    waiting: [],
    running: false,
    resumed: false,
  };
}
