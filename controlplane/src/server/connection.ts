import { status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ProxySnapshot } from "../snapshot/types.ts";
import { isSettled, step } from "../xds/machine.ts";
import { createStream } from "../xds/state.ts";
import type { StreamState } from "../xds/state.ts";
import type { DeltaResponse, StreamEvent, StreamOptions, Verdict } from "../xds/types.ts";
import type { DecodedRequest, NodeInfo } from "./wire.ts";

/** What a connection needs from, and tells, the fleet. */
export interface ConnectionOwner {
  readonly streamOptions: Partial<StreamOptions>;
  now(): number;
  /** The first request has come: returns what the proxy should have. */
  connected(connection: Connection, node: NodeInfo): ProxySnapshot;
  sent(response: DeltaResponse): void;
  answered(connection: Connection, verdict: Verdict): void;
  /** Everything sent is answered and nothing is left to send. */
  settled(connection: Connection): void;
  closed(connection: Connection): void;
}

export type DeltaCall = ServerDuplexStream<DecodedRequest, DeltaResponse>;

/**
 * The I/O around one stream's machine. Memory stays bounded when the Envoy reads slowly: as soon as the call's own
 * buffer is full nothing more is read from it, and of the snapshots that come meanwhile only the newest is kept.
 */
export class Connection {
  node: NodeInfo | undefined;
  state: StreamState | undefined;
  readonly connectedSince: string;
  lastAck: string | undefined;
  readonly #call: DeltaCall;
  readonly #owner: ConnectionOwner;
  #blocked = false;
  #closed = false;
  #waiting: ProxySnapshot | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: DeltaCall, owner: ConnectionOwner) {
    this.#call = call;
    this.#owner = owner;
    this.connectedSince = new Date().toISOString();
    call.on("data", (decoded: DecodedRequest) => this.#onRequest(decoded));
    call.on("drain", () => this.#onDrain());
    call.on("end", () => this.close());
    call.on("cancelled", () => this.close());
    call.on("error", () => this.close());
    call.on("close", () => this.close());
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
    this.#call.end();
    this.#owner.closed(this);
  }

  #onRequest({ request, node }: DecodedRequest): void {
    if (this.#closed) return;
    if (this.state === undefined) {
      if (node === undefined || node.proxyId === "") {
        this.#fail(status.INVALID_ARGUMENT, "the first request must carry a node with an id");
        return;
      }
      this.node = node;
      this.state = createStream(this.#owner.connected(this, node), this.#owner.streamOptions);
    }
    this.#apply({ type: "request", request, now: this.#owner.now() });
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
    const { responses, verdicts, wakeAt, close } = step(this.state, event);
    if (close !== undefined) {
      this.#fail(status.RESOURCE_EXHAUSTED, close);
      return;
    }
    for (const verdict of verdicts) {
      if (verdict.rejection === undefined) this.lastAck = new Date().toISOString();
      this.#owner.answered(this, verdict);
    }
    for (const response of responses) this.#write(response);
    this.#wake(wakeAt, event.now);
    if (isSettled(this.state)) this.#owner.settled(this);
  }

  #write(response: DeltaResponse): void {
    this.#owner.sent(response);
    if (this.#call.write(response)) return;
    this.#blocked = true;
    this.#call.pause();
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
