import { DataAction, HeadersAction, Status, StreamType, TrailersAction } from "../abi/enums";
import {
  proxy_close_stream,
  proxy_continue_stream,
  proxy_done,
  proxy_set_effective_context,
  proxy_set_tick_period_milliseconds,
} from "../abi/imports";
import { Bytes } from "../wire/bytes";

/**
 * One configuration of the filter in this VM. A new configuration makes a new object in the same VM; streams that
 * began with the old one go on with the old one, which is then done and deleted.
 */
export class PluginContext {
  /** The host's number for this object. */
  id: u32 = 0;
  /** The next in the list of plugins of this VM. The runtime's. */
  next: PluginContext | null = null;
  /** Objects of ended streams, to be handed out again. The runtime's. */
  pool: HttpContext | null = null;

  /** The configuration's bytes, valid in the call only. False refuses it: the host goes on with the last good one. */
  onConfigure(_configuration: Bytes): bool {
    return true;
  }

  /** An object for a new stream, called only when the pool has none; null leaves streams alone. */
  createHttpContext(): HttpContext | null {
    return null;
  }

  onTick(): void {}

  /** The plugin is to end. False keeps it until `finish()` is called. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}

  /** How often `onTick` comes; 0 ends it. */
  setTickPeriod(milliseconds: u32): Status {
    return proxy_set_tick_period_milliseconds(milliseconds);
  }

  /** Ends what `onDone` kept. */
  finish(): Status {
    return proxy_done();
  }

  /** Makes the host calls that follow act on this plugin. */
  activate(): Status {
    return proxy_set_effective_context(this.id);
  }
}

/**
 * One HTTP stream. The object is used again for a later stream: bring fields back to their first value in `reset()`.
 * Only callbacks that a filter overrides are exported, and the host calls no others.
 */
export abstract class HttpContext {
  /** The host's number for this stream. */
  id: u32 = 0;
  /** The plugin that the stream began with. */
  plugin: PluginContext = changetype<PluginContext>(0);
  /** The next in the plugin's pool. The runtime's. */
  nextFree: HttpContext | null = null;

  /** The object is about to serve another stream. */
  reset(): void {}

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    return HeadersAction.Continue;
  }

  /** `size`: how many bytes are buffered now. */
  onRequestBody(_size: u32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  onRequestTrailers(_count: u32): TrailersAction {
    return TrailersAction.Continue;
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

  /** The request has ended; may be the only callback of a stream (a request that was refused early). */
  onLog(): void {}

  /** False keeps the stream's object until the host is told by `proxy_done`. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}

  /** Goes on with a request that a callback stopped. The host does it when the callback has returned. */
  resumeRequest(): Status {
    return proxy_continue_stream(StreamType.Request);
  }

  /** Goes on with a response that a callback stopped. */
  resumeResponse(): Status {
    return proxy_continue_stream(StreamType.Response);
  }

  /** Resets the stream. */
  closeRequest(): Status {
    return proxy_close_stream(StreamType.Request);
  }

  closeResponse(): Status {
    return proxy_close_stream(StreamType.Response);
  }

  /** Makes the host calls that follow act on this stream: for use from a tick or from another stream. */
  activate(): Status {
    return proxy_set_effective_context(this.id);
  }
}
