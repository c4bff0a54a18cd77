import type { CallOuts, GrpcCall, GrpcWire, HttpCall } from "../core/call-outs.ts";
import type { Schedule } from "../core/schedule.ts";
import {
  answerOf,
  type CallOut,
  callOut,
  type Cluster,
  ENVOY_REPLIES,
  type Outcome,
  type PendingCall,
  type Reply,
} from "./clusters.ts";
import { type GrpcServer, serveGrpc } from "./grpc.ts";

const NS_PER_MS = 1e6;

/** The clusters of a host: where call-outs go, what is pending, what was asked. */
export class Outbound implements CallOuts {
  /** Every call-out so far, in order. */
  readonly requests: CallOut[] = [];
  readonly #clusters: ReadonlyMap<string, Cluster>;
  readonly #servers: ReadonlyMap<string, GrpcServer>;
  readonly #schedule: Schedule;
  readonly #now: () => bigint;
  #pending: PendingCall[] = [];

  constructor(
    clusters: Readonly<Record<string, Cluster>>,
    servers: Readonly<Record<string, GrpcServer>>,
    schedule: Schedule,
    now: () => bigint,
  ) {
    this.#clusters = new Map(Object.entries(clusters));
    this.#servers = new Map(Object.entries(servers));
    this.#schedule = schedule;
    this.#now = now;
  }

  /** What waits for an answer, in the order that it was asked. */
  get pending(): readonly PendingCall[] {
    return this.#pending;
  }

  http(call: HttpCall): boolean {
    const cluster = this.#clusters.get(call.cluster);
    if (cluster === undefined) return false;
    const request = callOut(call);
    this.requests.push(request);
    const pending = this.#pend(call, request);
    this.#later(0, () => {
      if (this.#pending.includes(pending)) this.#act(pending, cluster(request));
    });
    if (call.timeoutMs > 0) this.#later(call.timeoutMs, () => pending.timeout());
    return true;
  }

  hasGrpc(cluster: string): boolean {
    return this.#servers.has(cluster);
  }

  grpc(call: GrpcCall): GrpcWire {
    return serveGrpc(this.#servers.get(call.cluster) ?? {}, call, (ms, run) => this.#later(ms, run));
  }

  #pend(call: HttpCall, request: CallOut): PendingCall {
    const take = (deliver: () => void) => (): void => {
      if (!this.#pending.includes(pending)) return;
      this.#pending = this.#pending.filter((other) => other !== pending);
      deliver();
    };
    const answer = (reply: Reply): void => take(() => call.deliver(answerOf(reply)))();
    const pending: PendingCall = {
      ...request,
      answer,
      reset: (options) => {
        if (options?.afterHeaders === true) take(() => call.deliver(undefined))();
        else answer(ENVOY_REPLIES.reset);
      },
      timeout: () => answer(ENVOY_REPLIES.timeout),
    };
    this.#pending.push(pending);
    return pending;
  }

  #act(pending: PendingCall, outcome: Outcome): void {
    if (!("kind" in outcome)) pending.answer(outcome);
    else if (outcome.kind === "delay") this.#later(outcome.ms, () => this.#act(pending, outcome.outcome));
    else if (outcome.kind === "reset") pending.reset();
    else if (outcome.kind === "cut") pending.reset({ afterHeaders: true });
  }

  #later(ms: number, run: () => void): void {
    this.#schedule.put(this.#now() + BigInt(Math.round(ms * NS_PER_MS)), run);
  }
}
