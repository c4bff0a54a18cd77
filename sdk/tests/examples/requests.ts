// Examples of the reference: what a filter sees and changes of a request. docs/sdk shows each region beside the names
// in its first line; sdk/tests/examples.test.ts compiles and runs them. The root id chooses one, by its first name.

import {
  BufferType,
  Bytes,
  DataAction,
  GrpcStatus,
  HeaderList,
  HeaderMapType,
  HeadersAction,
  HttpContext,
  LogLevel,
  MetadataAction,
  PluginContext,
  ProtoReader,
  ProtoWriter,
  Status,
  StreamType,
  TrailersAction,
  callForeignFunction,
  clearRouteCache,
  compress,
  lastStatus,
  log,
  logEnabled,
  monotonicNanoseconds,
  nowNanoseconds,
  randomU64,
  registerPlugin,
  requestBody,
  requestHeaders,
  requestTrailers,
  responseBody,
  responseHeaders,
  responseTrailers,
  sendGrpcResponse,
  sendLocalResponse,
  sendLocalResponseWithHeaders,
  uncompress,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class Streams extends PluginContext {
  constructor(private make: () => HttpContext) {
    super();
  }

  createHttpContext(): HttpContext {
    return this.make();
  }
}

//#region HttpContext StreamContext HeadersAction requestHeaders responseHeaders
/**
 * Tells every client its own name. What a later callback needs is kept, for Envoy takes the request's headers away; the
 * field is null again for the next stream.
 */
class Greet extends HttpContext {
  private user: StaticArray<u8> | null = null;

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const user = requestHeaders.get(utf8("x-user"));
    if (user !== null) this.user = user.toArray();
    return HeadersAction.Continue;
  }

  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const user = this.user;
    if (user !== null) responseHeaders.set(utf8("x-hello"), Bytes.of(user));
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Greet()), "HttpContext");

//#region HeaderMap HeaderPairs
/** Removes every header that begins with `x-debug-`. A list that is being read does not change with the map. */
class DropDebug extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const pairs = requestHeaders.pairs();
    while (pairs.next()) {
      if (pairs.name.startsWith(utf8("x-debug-"))) requestHeaders.remove(pairs.name);
    }
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new DropDebug()), "HeaderMap");

//#region HeaderList
/** Passes on only the headers that HTTP cannot do without, and one of its own. */
class Anonymous extends HttpContext {
  onRequestHeaders(count: u32, _endOfStream: bool): HeadersAction {
    const kept = HeaderList.create(count);
    const pairs = requestHeaders.pairs();
    // `name` and `value` change with each pair; `slice(0)` is a view that stays.
    while (pairs.next()) if (pairs.name.at(0) == 58) kept.add(pairs.name.slice(0), pairs.value.slice(0));
    requestHeaders.setPairs(kept.add(utf8("x-anonymous"), utf8("1")));
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Anonymous()), "HeaderList");

//#region sendLocalResponse Status
/** Keeps one user out. */
class Deny extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const user = requestHeaders.get(utf8("x-user"));
    if (user === null || !user.equals(utf8("mallory"))) return HeadersAction.Continue;
    const status = sendLocalResponse(403, utf8("deny_list"), utf8("not you\n"));
    if (status != Status.Ok) this.closeRequest();
    return HeadersAction.StopIteration;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Deny()), "sendLocalResponse");

//#region sendLocalResponseWithHeaders
/** Sends clients to the new site. */
class Moved extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const headers = HeaderList.create(1).add(utf8("location"), utf8("https://new.example/"));
    sendLocalResponseWithHeaders(308, utf8("moved"), utf8(""), headers);
    return HeadersAction.StopIteration;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Moved()), "sendLocalResponseWithHeaders");

//#region sendGrpcResponse GrpcStatus
/** Answers a gRPC client in its own terms. */
class GrpcOnly extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    sendGrpcResponse(GrpcStatus.Unavailable, utf8("closed for today"), utf8("closed"));
    return HeadersAction.StopIteration;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new GrpcOnly()), "sendGrpcResponse");

//#region Body requestBody DataAction
/** Collects the request's body and puts it in an envelope. */
class Envelope extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    // The length will be another one.
    requestHeaders.remove(utf8("content-length"));
    return HeadersAction.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): DataAction {
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    if (size == 0 || requestBody.get(0, 1).at(0) == 123) return DataAction.Continue;
    requestBody.prepend(utf8('{"text":"'));
    requestBody.append(utf8('"}'));
    return DataAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Envelope()), "Body");

//#region responseBody responseTrailers requestTrailers TrailersAction
/** Counts the response's bytes as they pass and says the sum behind them. */
class CountBytes extends HttpContext {
  private bytes: u64 = 0;

  onRequestTrailers(_count: u32): TrailersAction {
    requestTrailers.remove(utf8("x-internal"));
    return TrailersAction.Continue;
  }

  onResponseBody(_size: u32, endOfStream: bool): DataAction {
    this.bytes += responseBody.size;
    // A trailer that is set with the last bytes adds trailers to a response that has none.
    if (endOfStream) responseTrailers.set(utf8("x-bytes"), Bytes.encode(this.bytes.toString()));
    return DataAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new CountBytes()), "responseBody");

//#region MetadataAction
/** Sees the METADATA frames of HTTP/2, which only Envoy passes on. */
class WatchMetadata extends HttpContext {
  onRequestMetadata(count: u32): MetadataAction {
    log(LogLevel.Info, "metadata frames " + count.toString());
    return MetadataAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new WatchMetadata()), "MetadataAction");

//#region Bytes utf8
const SESSION = utf8("session");

/** The value of one cookie, without making a string of anything. */
function cookie(header: Bytes, name: Bytes): Bytes | null {
  let from = 0;
  while (from < header.length) {
    let end = header.indexOf(59, from); // ;
    if (end < 0) end = header.length;
    const part = header.slice(from, end);
    if (part.startsWith(name) && part.at(name.length) == 61) return part.slice(name.length + 1); // =
    from = end + 1;
    while (header.at(from) == 32) ++from;
  }
  return null;
}
//#endregion
class Cookie extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const header = requestHeaders.get(utf8("cookie"));
    const session = header !== null ? cookie(header, SESSION) : null;
    if (session !== null) requestHeaders.set(utf8("x-session"), session);
    return HeadersAction.Continue;
  }
}
registerPlugin(() => new Streams(() => new Cookie()), "Bytes");

//#region ProtoWriter ProtoReader
/** `message Greeting { string name = 1; uint32 age = 2; }`, written and read again. */
function greeting(): Bytes {
  return ProtoWriter.create(5, 2).bytes(1, utf8("jason")).number(2, 40).end();
}

function ageIn(message: Bytes): u64 {
  const reader = ProtoReader.read(message);
  while (reader.next()) if (reader.field == 2) return reader.number;
  return 0;
}
//#endregion
class Proto extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    requestHeaders.set(utf8("x-age"), Bytes.encode(ageIn(greeting()).toString()));
    return HeadersAction.Continue;
  }
}
registerPlugin(() => new Streams(() => new Proto()), "ProtoWriter");

//#region log logEnabled LogLevel nowNanoseconds monotonicNanoseconds
/** Logs how long a request took. A message that is built is built only when the host wants it. */
class Timing extends HttpContext {
  private began: u64 = 0;

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    this.began = monotonicNanoseconds();
    log(LogLevel.Info, utf8("a request has begun"));
    if (logEnabled(LogLevel.Debug)) log(LogLevel.Debug, "at " + nowNanoseconds().toString());
    return HeadersAction.Continue;
  }

  onLog(): void {
    log(LogLevel.Info, "it took " + ((monotonicNanoseconds() - this.began) / 1_000_000).toString() + " ms");
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Timing()), "log");

//#region clearRouteCache randomU64
/** Sends one request in ten to the canary: the route is chosen anew, by the header. */
class Canary extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    if (randomU64() % 10 == 0) {
      requestHeaders.set(utf8("x-canary"), utf8("1"));
      clearRouteCache();
    }
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Canary()), "clearRouteCache");

//#region callForeignFunction lastStatus
/** Asks a function that only this host has, and says why when it does not answer. */
class Foreign extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const answer = callForeignFunction(utf8("upper_case"), utf8("hello"));
    if (answer !== null) requestHeaders.set(utf8("x-answer"), answer);
    else log(LogLevel.Warn, "no answer: status " + lastStatus().toString());
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Foreign()), "callForeignFunction");

//#region compress uncompress
/** What a large value takes on its way through a header or shared data. */
class Pack extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const packed = compress(Bytes.encode("a".repeat(1000)));
    const unpacked = packed !== null ? uncompress(packed) : null;
    if (packed === null || unpacked === null) return HeadersAction.Continue;
    log(LogLevel.Info, (packed.length < 100).toString() + " " + unpacked.length.toString());
    return HeadersAction.Continue;
  }
}
//#endregion
registerPlugin(() => new Streams(() => new Pack()), "compress");

//#region BufferType HeaderMapType StreamType
// The ABI's own calls, with the ABI's own numbers: for what the SDK does not do in the way that a filter wants.
import {
  proxy_continue_stream,
  proxy_get_buffer_status,
  proxy_get_header_map_size,
} from "proxy-wasm-assemblyscript-sdk/abi/imports";

/** Where the host writes numbers: 8 bytes of static memory. */
const SIZE: usize = memory.data(8, 4);

function headerBytes(): u32 {
  return proxy_get_header_map_size(HeaderMapType.RequestHeaders, SIZE) == Status.Ok ? load<u32>(SIZE) : 0;
}

function bodyBytes(): u32 {
  return proxy_get_buffer_status(BufferType.RequestBody, SIZE, SIZE + 4) == Status.Ok ? load<u32>(SIZE) : 0;
}

function resume(): Status {
  return proxy_continue_stream(StreamType.Request);
}
//#endregion
class ByHand extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const same = headerBytes() == requestHeaders.byteSize;
    log(LogLevel.Info, same.toString() + " " + bodyBytes().toString());
    log(LogLevel.Info, "continue " + resume().toString());
    return HeadersAction.Continue;
  }
}
registerPlugin(() => new Streams(() => new ByHand()), "BufferType");
