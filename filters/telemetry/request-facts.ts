import { Bytes, getPropertyI64, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { monotonicNanoseconds } from "../shell/monotonic-clock";
import { REQUEST_SIZE, RESPONSE_SIZE } from "./paths";

const REQUEST_DURATION = utf8("request\0duration");
const NANOSECONDS_PER_MS: u64 = 1_000_000;

/** What one request's labels need and what is gone when the stream is deleted. */
export class RequestFacts {
  /** False for a request that the proxy refused before any filter saw it. */
  private isRead: bool = false;
  /** On the monotonic clock. */
  private startedAt: u64 = 0;
  isGrpc: bool = false;
  /** What has gone by, and whether that was all: else Envoy is asked for the size, as of a body that no filter has seen. */
  private requestBytes: u64 = 0;
  private responseBytes: u64 = 0;
  private isRequestWhole: bool = false;
  private isResponseWhole: bool = false;
  /** gRPC's status as the answer had it, and 2; 0 as long as it had none. */
  grpcStatus: u32 = 0;
  /** The client's peer as a number of the recorder, 0 where there is none. Known at the server only. */
  peer: u32 = 0;
  /** Who the client is by its certificate, if some policy has asked while the request's headers came. */
  isPrincipalRead: bool = false;
  principal: u32 = 0;
  /** One number for each fact that the program asks for, 0 where it was absent. */
  values: StaticArray<u32>;

  constructor(count: i32) {
    this.values = new StaticArray<u32>(count);
  }

  /** For the next request. */
  reset(): void {
    this.isRead = false;
    this.isGrpc = false;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.isRequestWhole = false;
    this.isResponseWhole = false;
    this.grpcStatus = 0;
    this.peer = 0;
    this.isPrincipalRead = false;
    this.principal = 0;
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

  /** More of the request has come: `size` bytes of its body, and whether they were the last. */
  addRequest(size: u32, isLast: bool): void {
    this.requestBytes += size;
    this.isRequestWhole = isLast;
  }

  /** As `addRequest`, of the response. */
  addResponse(size: u32, isLast: bool): void {
    this.responseBytes += size;
    this.isResponseWhole = isLast;
  }

  /** Bytes of the request's body. Counting them costs a callback without a result, and Envoy's figure three times that. */
  requestSize(): u64 {
    return this.isRequestWhole ? this.requestBytes : sizeOf(REQUEST_SIZE);
  }

  responseSize(): u64 {
    return this.isResponseWhole ? this.responseBytes : sizeOf(RESPONSE_SIZE);
  }
}

function sizeOf(property: Bytes): u64 {
  return <u64>max<i64>(getPropertyI64(property, 0), 0);
}
