import { Action, DataAction, PeerType, Status, StreamType } from "../abi/enums";
import { proxy_close_stream, proxy_continue_stream } from "../abi/imports";
import { StreamContext } from "./stream-context";
import { noteTcp } from "./tcp-used";

/** One TCP connection: downstream is the client, upstream the server. (spec: TCP streams) */
export abstract class TcpContext extends StreamContext {
  constructor() {
    super();
    noteTcp();
  }

  onNewConnection(): Action {
    return Action.Continue;
  }

  /** `size` bytes from the client are there: `downstreamData`. */
  onDownstreamData(_size: u32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  /** `size` bytes from the server are there: `upstreamData`. */
  onUpstreamData(_size: u32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  /** The client's connection has been closed, by it (`Remote`) or by the proxy (`Local`). */
  onDownstreamClose(_peer: PeerType): void {}

  /** The server's connection has been closed. */
  onUpstreamClose(_peer: PeerType): void {}

  /** Goes on reading from the client. */
  resumeDownstream(): Status {
    return proxy_continue_stream(StreamType.Downstream);
  }

  /** Goes on reading from the server; Envoy cannot (`Unimplemented`). */
  resumeUpstream(): Status {
    return proxy_continue_stream(StreamType.Upstream);
  }

  closeDownstream(): Status {
    return proxy_close_stream(StreamType.Downstream);
  }

  closeUpstream(): Status {
    return proxy_close_stream(StreamType.Upstream);
  }
}
