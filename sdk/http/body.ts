import { BufferType, Status } from "../abi/enums";
import { proxy_get_buffer_bytes, proxy_get_buffer_status, proxy_set_buffer_bytes } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { FLAGS_SLOT, NUMBER_SLOT } from "./slots";
import { addressOf, lengthOf, noteStatus, resultView } from "./status";

/**
 * A buffer of the host: a body, a TCP connection's data, a message. It is there only in the callbacks that are about it,
 * and holds what has been buffered so far, not only the latest chunk. (spec: Buffers)
 *
 * Like `HeaderMap`, the object is only the buffer's number in the type system.
 */
@unmanaged
export class Body {
  /** How many bytes there are now; 0 when the buffer is not there. */
  get size(): u32 {
    store<u32>(NUMBER_SLOT, 0);
    noteStatus(proxy_get_buffer_status(this.type, NUMBER_SLOT, FLAGS_SLOT));
    return load<u32>(NUMBER_SLOT);
  }

  /** Up to `maxLength` bytes from `start`, as a view; empty when there are none (`lastStatus()` tells why). */
  get(start: u32 = 0, maxLength: u32 = i32.MAX_VALUE): Bytes {
    const data = resultView();
    noteStatus(proxy_get_buffer_bytes(this.type, start, maxLength, addressOf(data), lengthOf(data)));
    return data;
  }

  /** Puts `data` in the place of everything that is buffered. Its size may differ: remove `content-length` in time. */
  replace(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, 0, u32.MAX_VALUE, data.ptr, data.length);
  }

  /** Puts `data` in the place of `length` bytes from `start`. Envoy takes only a `start` of 0, or one behind the end. */
  replaceRange(start: u32, length: u32, data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, start, length, data.ptr, data.length);
  }

  /** Empties the buffer. */
  clear(): Status {
    return proxy_set_buffer_bytes(this.type, 0, u32.MAX_VALUE, 0, 0);
  }

  prepend(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, 0, 0, data.ptr, data.length);
  }

  append(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, u32.MAX_VALUE, 0, data.ptr, data.length);
  }

  // @ts-ignore: decorator
  @inline
  private get type(): i32 {
    return <i32>changetype<usize>(this);
  }
}

/** In `onRequestBody`. */
export const requestBody: Body = changetype<Body>(<usize>BufferType.RequestBody);
/** In `onResponseBody`. */
export const responseBody: Body = changetype<Body>(<usize>BufferType.ResponseBody);
/** In `onDownstreamData`. */
export const downstreamData: Body = changetype<Body>(<usize>BufferType.DownstreamData);
/** In `onUpstreamData`. */
export const upstreamData: Body = changetype<Body>(<usize>BufferType.UpstreamData);
/** In `onGrpcMessage`: the serialized message. It cannot be changed. */
export const grpcMessage: Body = changetype<Body>(<usize>BufferType.GrpcReceiveBuffer);

/** A buffer that the host announced with its size, for the callbacks that hand it on as a view. */
export function announcedBuffer(type: BufferType, size: u32): Bytes {
  const data = resultView();
  if (size) proxy_get_buffer_bytes(type, 0, size, addressOf(data), lengthOf(data));
  return data;
}
