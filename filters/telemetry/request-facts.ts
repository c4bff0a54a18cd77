import { getPropertyI64, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { monotonicNanoseconds } from "../shell/monotonic-clock";

const REQUEST_DURATION = utf8("request\0duration");
const NANOSECONDS_PER_MS: u64 = 1_000_000;

/** What one request's labels need and what is gone when the stream is deleted. */
export class RequestFacts {
  /** False for a request that the proxy refused before any filter saw it. */
  private isRead: bool = false;
  /** On the monotonic clock. */
  private startedAt: u64 = 0;
  isGrpc: bool = false;
  /** Whether there may be bodies: of none the size need not be asked for. */
  hasRequestBody: bool = true;
  hasResponseBody: bool = true;
  /** gRPC's status as the answer had it, and 2; 0 as long as it had none. */
  grpcStatus: u32 = 0;
  /** The client's peer as a number of the recorder, 0 where there is none. Known at the server only. */
  peer: u32 = 0;
  /** One number for each fact that the program asks for, 0 where it was absent. */
  values: StaticArray<u32>;

  constructor(count: i32) {
    this.values = new StaticArray<u32>(count);
  }

  /** For the next request. */
  reset(): void {
    this.isRead = false;
    this.isGrpc = false;
    this.hasRequestBody = true;
    this.hasResponseBody = true;
    this.grpcStatus = 0;
    this.peer = 0;
    for (let i = 0; i < this.values.length; i++) unchecked((this.values[i] = 0));
  }
  /** The request is here. */
  begin(): void {
    this.isRead = true;
    this.startedAt = monotonicNanoseconds();
  }

  /** By our own clock where it ran: two readings of it cost less than Envoy's figure. */
  durationMs(): u64 {
    if (!this.isRead) return <u64>max<i64>(getPropertyI64(REQUEST_DURATION, 0), 0) / NANOSECONDS_PER_MS;
    const now = monotonicNanoseconds();
    return now > this.startedAt ? (now - this.startedAt) / NANOSECONDS_PER_MS : 0;
  }
}
