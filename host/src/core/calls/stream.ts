import { toText } from "../../abi/bytes.ts";
import { isOneOf, LogLevel, Status, StreamType } from "../../abi/numbers.ts";
import { decodePairs } from "../../abi/pairs.ts";
import type { LocalReply } from "../contexts.ts";
import { hostCall } from "../host-call.ts";
import type { VmState } from "../vm-state.ts";

/**
 * Takes effect when the callback returns, whose own return value then counts for nothing. Outside a stream there is nobody
 * to reply to, which Envoy passes over with Ok.
 */
export const proxySendLocalResponse = hostCall(
  ["u32", "bytes", "bytes", "bytes", "i32"],
  [],
  (vm, status, details, body, headers, grpcStatus) => {
    const { stream } = vm;
    if (stream === undefined) {
      vm.log(LogLevel.Error, "host", "proxy_send_local_response outside a stream does nothing");
      return Status.Ok;
    }
    if (stream.logging) vm.misuse("reply-in-log", "proxy_send_local_response in the log phase");
    const decoded = decodePairs(headers);
    if (!decoded.ok) vm.misuse("unreadable-pairs", `proxy_send_local_response: ${decoded.error}`);
    const reply: LocalReply = {
      status,
      // A detail is one word in access logs.
      details: toText(details).replaceAll(/\s/g, "_"),
      body: body.slice(),
      headers: (decoded.ok ? decoded.pairs : []).map(([name, value]) => [toText(name), value]),
      ...(grpcStatus >= 0 && grpcStatus <= 16 ? { grpcStatus } : {}),
    };
    vm.afterCall.push(() => stream.effects.reply(reply));
    return Status.Ok;
  },
);

/** Lets a paused stream go on, once the callback has returned. Outside a stream nothing happens, which is Ok. */
export const proxyContinueStream = hostCall(["u32"], [], (vm, type) => {
  if (!isOneOf(StreamType, type)) return Status.BadArgument;
  if (type === StreamType.Upstream) return Status.Unimplemented;
  if (type !== StreamType.Downstream) return goOn(vm, type === StreamType.HttpRequest ? "request" : "response");
  const { connection } = vm;
  if (connection !== undefined) vm.afterCall.push(() => connection.effects.goOnReading());
  return Status.Ok;
});

/** Only the going on waits: whichever direction it is for, what there is of the request is closed at once. */
export function goOn(vm: VmState, side: "request" | "response"): Status {
  const { stream } = vm;
  if (stream === undefined) return Status.Ok;
  vm.afterCall.push(() => stream.effects.goOn(side));
  stream.open.requestHeaders = undefined;
  stream.open.requestTrailers = undefined;
  if (!stream.holdsRequestBody) stream.requestBody = undefined;
  return Status.Ok;
}

/** Resets the stream or closes the connection, once the callback has returned. */
export const proxyCloseStream = hostCall(["u32"], [], (vm, type) => {
  if (!isOneOf(StreamType, type)) return Status.BadArgument;
  const { stream, connection } = vm;
  if (stream?.logging === true) vm.misuse("reply-in-log", "proxy_close_stream in the log phase");
  if (stream !== undefined && type <= StreamType.HttpResponse) vm.afterCall.push(() => stream.effects.reset());
  if (connection !== undefined && type > StreamType.HttpResponse) vm.afterCall.push(() => connection.effects.close());
  return Status.Ok;
});

/** Until the callback returns, host calls are about that context. */
export const proxySetEffectiveContext = hostCall(["u32"], [], (vm, id) => {
  // 0 takes back what was set.
  const context = id === 0 ? vm.current : vm.contexts.get(id);
  if (context === undefined) return Status.BadArgument;
  vm.effective = context;
  return Status.Ok;
});
