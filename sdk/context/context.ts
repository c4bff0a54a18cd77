import { Status } from "../abi/enums";
import {
  proxy_done,
  proxy_grpc_cancel,
  proxy_grpc_close,
  proxy_grpc_send,
  proxy_set_effective_context,
} from "../abi/imports";
import { CallResponse } from "../calls/call-response";
import { GrpcCall } from "../calls/grpc-call";
import { HttpCall } from "../calls/http-call";
import { awaitGrpcAnswer, awaitHttpAnswer, dropGrpcCall, findGrpcCall } from "../calls/pending";
import { makeTicks, ticksOf } from "../timers/ticks-table";
import { Bytes } from "../wire/bytes";
import { PluginContext } from "./plugin-context";

/**
 * What a plugin, an HTTP stream and a TCP connection have in common: calls to other services and timers, whose answers
 * come to the context that asked, also from a stream that waits. An answer to a stream that is gone is dropped, and its
 * gRPC calls are cancelled.
 *
 * In `onCallResponse`, `onGrpc…` and `onTimer` host calls act on this context, as in its other callbacks.
 */
export abstract class Context {
  /** The host's number for this context. */
  id: u32;
  /** The plugin that this context began with; a plugin's own is itself. */
  plugin: PluginContext = changetype<PluginContext>(0);
  /** The next in a list of plugins, or of objects that wait to be used again. The runtime's. */
  next: Context | null;

  /** The answer to a call of `dispatch`; `token` is what that returned. */
  onCallResponse(_token: u32, _response: CallResponse): void {}

  /** Read it from `grpcInitialMetadata`. */
  onGrpcInitialMetadata(_token: u32, _count: u32): void {}

  /** A message of `size` bytes: `grpcMessage.get()`. For a unary call this is its end, when it went well. */
  onGrpcMessage(_token: u32, _size: u32): void {}

  /** Read it from `grpcTrailingMetadata`. */
  onGrpcTrailingMetadata(_token: u32, _count: u32): void {}

  /** A gRPC stream has ended, or a unary call has failed. `status` is gRPC's; `callStatus()` has its message. */
  onGrpcClose(_token: u32, _status: i32): void {}

  /** A timer of `setTimer` is due. */
  onTimer(_id: u32, _tag: u32): void {}

  /**
   * Sends an HTTP call; the answer comes to `onCallResponse`.
   * @returns the call's number; 0 when it failed and there will be no answer. `lastStatus()` is then BadArgument for a
   * cluster that the host does not know.
   */
  dispatch(call: HttpCall): u32 {
    const token = call.send();
    if (token) awaitHttpAnswer(token, this.id, this.plugin.id, call.tagged);
    return token;
  }

  /** Sends a unary gRPC call: `onGrpcMessage` when it went well, else `onGrpcClose`. 0 when it failed at once. */
  dispatchGrpc(call: GrpcCall): u32 {
    const token = call.send();
    if (token) awaitGrpcAnswer(token, this.id, false);
    return token;
  }

  /** Opens a gRPC stream, which ends with `onGrpcClose`. 0 when it failed at once. */
  openGrpcStream(call: GrpcCall): u32 {
    const token = call.open();
    if (token) awaitGrpcAnswer(token, this.id, true);
    return token;
  }

  /** Sends a message on a stream; with `endOfStream` it is the last one. */
  sendGrpc(token: u32, message: Bytes, endOfStream: bool): Status {
    return proxy_grpc_send(token, message.ptr, message.length, u32(endOfStream));
  }

  /** Says that no more messages follow; the other side may go on sending. */
  closeGrpc(token: u32): Status {
    return proxy_grpc_close(token);
  }

  /** Ends a gRPC call or stream of this context; none of its callbacks follows. */
  cancelGrpc(token: u32): Status {
    const call = findGrpcCall(token);
    if (!call || call.owner != this.id) return Status.NotFound;
    dropGrpcCall(call);
    return proxy_grpc_cancel(token);
  }

  /**
   * `onTimer` comes once, in `milliseconds` (1 at least) or a little later.
   * @param tag comes back, to tell several timers apart
   * @returns the timer's number; 0 when the host has no ticks
   */
  setTimer(milliseconds: u32, tag: u32 = 0): u32 {
    const plugin = this.plugin;
    return plugin.id ? makeTicks(plugin.id, plugin.tickPeriod).setTimer(milliseconds, this.id, tag) : 0;
  }

  /** False when the timer has fired already, or is not this context's. */
  cancelTimer(id: u32): bool {
    const ticks = ticksOf(this.plugin.id);
    return ticks ? ticks.timers.cancel(id, this.id) : false;
  }

  /** Tells the host that what `onDone` kept has ended. (spec: proxy_done) */
  finish(): Status {
    return proxy_done();
  }

  /** Makes the host calls that follow in this callback act on this context. (spec: proxy_set_effective_context) */
  activate(): Status {
    return proxy_set_effective_context(this.id);
  }
}
