import { Status } from "../abi/enums";
import { proxy_grpc_call, proxy_grpc_stream } from "../abi/imports";
import { NUMBER_SLOT } from "../http/slots";
import { noteStatus } from "../http/status";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { HeaderList } from "../wire/header-pairs";

const DEFAULT_TIMEOUT_MS: u32 = 5000;

/**
 * A gRPC call or stream to one of the host's clusters. Made in a callback and gone with it; making one allocates
 * nothing. A context sends it: `this.dispatchGrpc(call)` or `this.openGrpcStream(call)`. (spec: gRPC calls)
 */
@unmanaged
export class GrpcCall {
  private cluster: Bytes;
  private serviceName: Bytes;
  private methodName: Bytes;
  private initialMetadata: HeaderList;
  private content: Bytes;
  private timeoutMs: u32;

  /** @param cluster a cluster's name; Envoy also takes a serialized `envoy.config.core.v3.GrpcService` */
  static to(cluster: Bytes): GrpcCall {
    const call = changetype<GrpcCall>(allocate(offsetof<GrpcCall>()));
    const empty = Bytes.wrap(0, 0);
    call.cluster = cluster;
    call.serviceName = empty;
    call.methodName = empty;
    call.initialMetadata = changetype<HeaderList>(0);
    call.content = empty;
    call.timeoutMs = DEFAULT_TIMEOUT_MS;
    return call;
  }

  /** With its package: `envoy.service.auth.v3.Authorization`. */
  service(service: Bytes): GrpcCall {
    this.serviceName = service;
    return this;
  }

  method(method: Bytes): GrpcCall {
    this.methodName = method;
    return this;
  }

  /** Adds initial metadata; the name in lower case. */
  metadata(name: Bytes, value: Bytes): GrpcCall {
    if (!changetype<usize>(this.initialMetadata)) this.initialMetadata = HeaderList.create();
    this.initialMetadata.add(name, value);
    return this;
  }

  /** The serialized message; of a call, not of a stream. */
  message(message: Bytes): GrpcCall {
    this.content = message;
    return this;
  }

  /** In milliseconds; default 5000, 0 waits for ever. Of a call, not of a stream. */
  timeout(milliseconds: u32): GrpcCall {
    this.timeoutMs = milliseconds;
    return this;
  }

  /** Sends the call. Its number, or 0 (`lastStatus()`). Use `Context.dispatchGrpc`, which brings the answer. */
  send(): u32 {
    const metadata = this.encodeMetadata();
    const status: Status = proxy_grpc_call(
      this.cluster.ptr,
      this.cluster.length,
      this.serviceName.ptr,
      this.serviceName.length,
      this.methodName.ptr,
      this.methodName.length,
      metadata.ptr,
      metadata.length,
      this.content.ptr,
      this.content.length,
      this.timeoutMs,
      NUMBER_SLOT,
    );
    noteStatus(status);
    return status == Status.Ok ? load<u32>(NUMBER_SLOT) : 0;
  }

  /** Opens a stream. Its number, or 0 (`lastStatus()`). Use `Context.openGrpcStream`, which brings what it receives. */
  open(): u32 {
    const metadata = this.encodeMetadata();
    const status: Status = proxy_grpc_stream(
      this.cluster.ptr,
      this.cluster.length,
      this.serviceName.ptr,
      this.serviceName.length,
      this.methodName.ptr,
      this.methodName.length,
      metadata.ptr,
      metadata.length,
      NUMBER_SLOT,
    );
    noteStatus(status);
    return status == Status.Ok ? load<u32>(NUMBER_SLOT) : 0;
  }

  private encodeMetadata(): Bytes {
    return changetype<usize>(this.initialMetadata) ? this.initialMetadata.encode() : Bytes.wrap(0, 0);
  }
}
