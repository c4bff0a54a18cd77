import { Status } from "../abi/enums";
import { proxy_http_call } from "../abi/imports";
import { NUMBER_SLOT } from "../http/slots";
import { noteStatus } from "../http/status";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { HeaderList } from "../wire/header-pairs";
import { utf8 } from "../wire/utf8";

/** What a call waits for when nothing else is said. */
const DEFAULT_TIMEOUT_MS: u32 = 5000;

// The pairs that every call has, and Envoy insists on, come first in the list.
const METHOD: u32 = 0;
const PATH: u32 = 1;
const AUTHORITY: u32 = 2;

/**
 * A request to one of the host's clusters: `GET /` with the cluster's name as authority, unless said otherwise. Made in
 * a callback and gone with it; making one allocates nothing. A context sends it: `this.dispatch(call)`.
 * (spec: HTTP calls)
 */
@unmanaged
export class HttpCall {
  private cluster: Bytes;
  private headers: HeaderList;
  private trailers: HeaderList;
  private content: Bytes;
  private timeoutMs: u32;
  private tagNumber: u32;

  /** @param cluster the cluster's name in the host's configuration; the call can go nowhere else */
  static to(cluster: Bytes): HttpCall {
    const call = changetype<HttpCall>(allocate(offsetof<HttpCall>()));
    const headers = HeaderList.create();
    headers.add(utf8(":method"), utf8("GET"));
    headers.add(utf8(":path"), utf8("/"));
    headers.add(utf8(":authority"), cluster);
    call.cluster = cluster;
    call.headers = headers;
    call.trailers = changetype<HeaderList>(0);
    call.content = Bytes.wrap(0, 0);
    call.timeoutMs = DEFAULT_TIMEOUT_MS;
    call.tagNumber = 0;
    return call;
  }

  method(method: Bytes): HttpCall {
    this.headers.put(METHOD, utf8(":method"), method);
    return this;
  }

  /** With its query. */
  path(path: Bytes): HttpCall {
    this.headers.put(PATH, utf8(":path"), path);
    return this;
  }

  /** The `host` header of HTTP/1. */
  authority(authority: Bytes): HttpCall {
    this.headers.put(AUTHORITY, utf8(":authority"), authority);
    return this;
  }

  /** Adds a header; the name in lower case. */
  header(name: Bytes, value: Bytes): HttpCall {
    this.headers.add(name, value);
    return this;
  }

  body(body: Bytes): HttpCall {
    this.content = body;
    return this;
  }

  trailer(name: Bytes, value: Bytes): HttpCall {
    if (!changetype<usize>(this.trailers)) this.trailers = HeaderList.create(4);
    this.trailers.add(name, value);
    return this;
  }

  /** How long to wait for the whole answer, in milliseconds; default 5000. 0 waits for ever. */
  timeout(milliseconds: u32): HttpCall {
    this.timeoutMs = milliseconds;
    return this;
  }

  /** A number that comes back in `CallResponse.tag`, to tell several calls apart. */
  tag(tag: u32): HttpCall {
    this.tagNumber = tag;
    return this;
  }

  /** What `tag()` set. */
  get tagged(): u32 {
    return this.tagNumber;
  }

  /** Sends it for nobody: the answer is dropped. The call's number, or 0 when it failed (`lastStatus()`). */
  send(): u32 {
    const headers = this.headers.encode();
    const trailers = changetype<usize>(this.trailers) ? this.trailers.encode() : Bytes.wrap(0, 0);
    const status: Status = proxy_http_call(
      this.cluster.ptr,
      this.cluster.length,
      headers.ptr,
      headers.length,
      this.content.ptr,
      this.content.length,
      trailers.ptr,
      trailers.length,
      this.timeoutMs,
      NUMBER_SLOT,
    );
    noteStatus(status);
    return status == Status.Ok ? load<u32>(NUMBER_SLOT) : 0;
  }
}
