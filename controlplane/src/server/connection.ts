import { status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { isSettled, step } from "../xds/machine.ts";
import { createStream } from "../xds/state.ts";
import type { StreamState } from "../xds/state.ts";
import type { DiscoveryResponse, StreamEvent, StreamOptions, StreamVariant, Verdict } from "../xds/types.ts";
import type { DecodedRequest, NodeInfo } from "./wire.ts";

/** What a connection needs from, and tells, the fleet. */
export interface ConnectionOwner {
  readonly streamOptions: Partial<StreamOptions>;
  now(): number;
  /** Calls `enter` when the stream may begin; returns what to call when it is in sync, or gone. */
  admit(enter: () => void): () => void;
  /** The first request has come: returns what the proxy should have. */
  connected(connection: Connection, node: NodeInfo): ProxySnapshot;
  /** A response was made and handed over to be sent, which took so long. */
  sent(connection: Connection, response: DiscoveryResponse, milliseconds: number): void;
  /** It has left this process, so long after it was handed over. */
  flushed(connection: Connection, response: DiscoveryResponse, milliseconds: number): void;
  answered(connection: Connection, verdict: Verdict): void;
  /** The Envoy has these from an earlier stream, as they are wanted now. */
  held(connection: Connection, resources: readonly EncodedResource[]): void;
  /** A request with an old nonce was ignored. */
  stale(connection: Connection, typeUrl: string): void;
  /** Everything sent is answered and nothing is left to send. */
  settled(connection: Connection): void;
  closed(connection: Connection): void;
}

export type DiscoveryCall = ServerDuplexStream<DecodedRequest, DiscoveryResponse>;

/**
 * The I/O around one stream's machine. Memory stays bounded when the Envoy reads slowly: as soon as the call's own
 * buffer is full nothing more is read from it, and of the snapshots that come meanwhile only the newest is kept.
 */
export class Connection {
  readonly variant: StreamVariant;
  node: NodeInfo | undefined;
  state: StreamState | undefined;
  readonly connectedSince: string;
  lastAck: string | undefined;
  readonly #call: DiscoveryCall;
  readonly #owner: ConnectionOwner;
  readonly #leave: () => void;
  #blocked = false;
  #closed = false;
  #waiting: ProxySnapshot | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: DiscoveryCall, variant: StreamVariant, owner: ConnectionOwner) {
    this.#call = call;
    this.variant = variant;
    this.#owner = owner;
    this.connectedSince = new Date().toISOString();
    call.on("drain", () => this.#onDrain());
    for (const event of ["end", "cancelled", "error", "close"] as const) call.on(event, () => this.close());
    // Nothing is read before the stream is let in.
    this.#leave = owner.admit(() => call.on("data", (decoded: DecodedRequest) => this.#onRequest(decoded)));
  }

  /** What the stream works towards. */
  get snapshot(): ProxySnapshot | undefined {
    return this.#waiting ?? this.state?.snapshot;
  }

  get isSettled(): boolean {
    return this.state !== undefined && this.#waiting === undefined && isSettled(this.state);
  }

  /** The Envoy does not read as fast as it is written to. */
  get isBlocked(): boolean {
    return this.#blocked;
  }

  push(snapshot: ProxySnapshot): void {
    if (this.#blocked) this.#waiting = snapshot;
    else this.#apply({ type: "snapshot", snapshot, now: this.#owner.now() });
  }

  /** Ends the stream; a second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#leave();
    this.#call.end();
    this.#owner.closed(this);
  }

  #onRequest(decoded: DecodedRequest): void {
    if (this.#closed) return;
    const { node } = decoded;
    if (this.state === undefined) {
      if (node === undefined || node.proxyId === "") {
        this.#fail(status.INVALID_ARGUMENT, "the first request must carry a node with an id");
        return;
      }
      this.node = node;
      this.state = createStream(this.#owner.connected(this, node), this.#owner.streamOptions, this.variant);
    }
    this.#apply(this.#eventOf(decoded));
  }

  /** On a stream for one type the type need not be said. */
  #eventOf(decoded: DecodedRequest): StreamEvent {
    const now = this.#owner.now();
    const typeUrl = decoded.request.typeUrl || (this.variant.typeUrl ?? "");
    return decoded.type === "sotw"
      ? { type: "sotw", request: { ...decoded.request, typeUrl }, now }
      : { type: "request", request: { ...decoded.request, typeUrl }, now };
  }

  #onDrain(): void {
    this.#blocked = false;
    const snapshot = this.#waiting;
    this.#waiting = undefined;
    if (snapshot !== undefined) this.push(snapshot);
    if (!this.#blocked) this.#call.resume();
  }

  #apply(event: StreamEvent): void {
    if (this.state === undefined || this.#closed) return;
    let since = performance.now();
    const { responses, verdicts, held = [], stale, wakeAt, close } = step(this.state, event);
    if (close !== undefined) {
      this.#fail(status[close.reason], close.text);
      return;
    }
    for (const response of responses) since = this.#write(response, since);
    this.#wake(wakeAt, event.now);
    // Now that the machine has done its step: the owner may answer with another snapshot.
    if (stale === true && event.type === "sotw") this.#owner.stale(this, event.request.typeUrl);
    if (held.length > 0) this.#owner.held(this, held);
    for (const verdict of verdicts) {
      if (verdict.rejection === undefined) this.lastAck = new Date().toISOString();
      this.#owner.answered(this, verdict);
    }
    if (!this.isSettled) return;
    this.#leave();
    this.#owner.settled(this);
  }

  /** Returns when it was done; `since` is when the work on the response began. */
  #write(response: DiscoveryResponse, since: number): number {
    const begun = performance.now();
    const goesOn = this.#call.write(response, () => this.#owner.flushed(this, response, performance.now() - begun));
    const done = performance.now();
    this.#owner.sent(this, response, done - since);
    if (!goesOn) {
      this.#blocked = true;
      this.#call.pause();
    }
    return done;
  }

  #wake(wakeAt: number | undefined, now: number): void {
    clearTimeout(this.#timer);
    if (wakeAt === undefined) return;
    // A blocked stream gets its tick with the newest snapshot when it drains.
    this.#timer = setTimeout(
      () => {
        if (!this.#blocked) this.#apply({ type: "tick", now: this.#owner.now() });
      },
      Math.ceil(wakeAt - now),
    );
    this.#timer.unref();
  }

  #fail(code: status, details: string): void {
    this.#call.emit("error", { code, details });
  }
}
