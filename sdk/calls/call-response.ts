import { callResponseHeaders, callResponseTrailers, HeaderMap } from "../http/headers";
import { BufferType } from "../abi/enums";
import { Body } from "../http/body";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { utf8 } from "../wire/utf8";

const NOT_READ: i32 = -1;
const GATEWAY_TIMEOUT: i32 = 504;

/** The answer to a call; valid in `onCallResponse` only. What it has is fetched from the host when asked for. */
@unmanaged
export class CallResponse {
  /** What the call was tagged with. */
  tag: u32;
  /** How many headers there are, `:status` included; 0 when there was no answer. */
  headerCount: u32;
  /** In bytes. */
  bodySize: u32;
  trailerCount: u32;
  private code: i32;

  /** The runtime's. */
  static create(tag: u32, headerCount: u32, bodySize: u32, trailerCount: u32): CallResponse {
    const response = changetype<CallResponse>(allocate(offsetof<CallResponse>()));
    response.tag = tag;
    response.headerCount = headerCount;
    response.bodySize = bodySize;
    response.trailerCount = trailerCount;
    response.code = headerCount ? NOT_READ : 0;
    return response;
  }

  /** The HTTP status; 0 when there was no answer (no connection, or a reset). */
  get status(): i32 {
    if (this.code == NOT_READ) this.code = readStatus();
    return this.code;
  }

  /** 200 to 299. */
  get ok(): bool {
    const status = this.status;
    return status >= 200 && status < 300;
  }

  /** The host answers a call that took too long with 504, which a server may have sent just as well. */
  get timedOut(): bool {
    return this.status == GATEWAY_TIMEOUT;
  }

  get headers(): HeaderMap {
    return callResponseHeaders;
  }

  get trailers(): HeaderMap {
    return callResponseTrailers;
  }

  /** A header's first value; null when there is none. */
  header(name: Bytes): Bytes | null {
    return callResponseHeaders.get(name);
  }

  trailer(name: Bytes): Bytes | null {
    return callResponseTrailers.get(name);
  }

  /** Up to `maxLength` bytes of the body from `start`; empty when there are none. */
  body(start: u32 = 0, maxLength: u32 = i32.MAX_VALUE): Bytes {
    if (!this.bodySize) return Bytes.wrap(0, 0);
    return changetype<Body>(<usize>BufferType.HttpCallResponseBody).get(start, maxLength);
  }
}

/** `:status` as a number; 0 for what is not one. */
function readStatus(): i32 {
  const text = callResponseHeaders.get(utf8(":status"));
  if (!text || text.length != 3) return 0;
  let status = 0;
  for (let index = 0; index < 3; ++index) {
    const digit = <i32>text.at(index) - 0x30;
    if (<u32>digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status;
}
