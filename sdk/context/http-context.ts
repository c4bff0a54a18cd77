import { DataAction, HeadersAction, MetadataAction, Status, StreamType, TrailersAction } from "../abi/enums";
import { proxy_close_stream, proxy_continue_stream } from "../abi/imports";
import { StreamContext } from "./stream-context";

/** One HTTP stream: a request and its response. (spec: HTTP streams) */
export abstract class HttpContext extends StreamContext {
  /** `count`: how many headers there are. */
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    return HeadersAction.Continue;
  }

  /**
   * `size`: how many bytes are buffered now. With trailers to come, no call has `endOfStream`. A request whose headers
   * were stopped is buffered, up to the proxy's limit: beyond it the client gets 413, and the filter is not asked.
   */
  onRequestBody(_size: u32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  onRequestTrailers(_count: u32): TrailersAction {
    return TrailersAction.Continue;
  }

  /** HTTP/2 METADATA frames (an extension of Envoy's). */
  onRequestMetadata(_count: u32): MetadataAction {
    return MetadataAction.Continue;
  }

  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    return HeadersAction.Continue;
  }

  onResponseBody(_size: u32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  onResponseTrailers(_count: u32): TrailersAction {
    return TrailersAction.Continue;
  }

  onResponseMetadata(_count: u32): MetadataAction {
    return MetadataAction.Continue;
  }

  /** Goes on with a request that a callback stopped. The host does it when the callback has returned. */
  resumeRequest(): Status {
    return proxy_continue_stream(StreamType.Request);
  }

  /** Goes on with a response that a callback stopped. */
  resumeResponse(): Status {
    return proxy_continue_stream(StreamType.Response);
  }

  /** Resets the stream, without an answer to the client. The host does it when the callback has returned. */
  closeRequest(): Status {
    return proxy_close_stream(StreamType.Request);
  }

  closeResponse(): Status {
    return proxy_close_stream(StreamType.Response);
  }
}
