import { Status } from "../abi/enums";
import { proxy_grpc_cancel } from "../abi/imports";
import { CallResponse } from "../calls/call-response";
import { dropGrpcCall, findGrpcCall, releaseCall, takeHttpCall } from "../calls/pending";
import { Context } from "../context/context";
import { PluginContext } from "../context/plugin-context";
import { Timer } from "../timers/timer-queue";
import { Ticks } from "../timers/ticks";
import { findContext } from "./streams";

// What the host brings to a plugin, and the SDK to the context that it is for.

/** The context, with host calls acting on it; null when it is gone. `root` is what they act on now. */
function enterContext(id: u32, root: u32): Context | null {
  const context = findContext(id);
  if (!context) return null;
  return id == root || context.activate() == Status.Ok ? context : null;
}

export function bringHttpAnswer(root: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  const call = takeHttpCall(token);
  if (!call) return;
  const owner = call.owner;
  const tag = call.tag;
  releaseCall(call);
  const context = enterContext(owner, root);
  if (context) context.onCallResponse(token, CallResponse.create(tag, headers, bodySize, trailers));
}

/** The context that waits for this gRPC call. When there is none any more, the call is cancelled. */
export function grpcOwner(root: u32, token: u32): Context | null {
  const call = findGrpcCall(token);
  if (!call) return null;
  const context = enterContext(call.owner, root);
  if (context) return context;
  dropGrpcCall(call);
  proxy_grpc_cancel(token);
  return null;
}

/** True for a gRPC call whose message is its end. */
export function endsWithMessage(token: u32): bool {
  const call = findGrpcCall(token);
  return call !== null && !call.isStream;
}

/** A gRPC call has ended. */
export function endGrpcCall(token: u32): void {
  const call = findGrpcCall(token);
  if (call) dropGrpcCall(call);
}

/** A tick of a plugin that has timers. */
export function serveTicks(plugin: PluginContext, ticks: Ticks): void {
  const now = ticks.begin();
  let timer = ticks.takeDue(now);
  let effective = plugin.id;
  while (timer) {
    const context = findContext(timer.owner);
    if (context && (context.id == effective || context.activate() == Status.Ok)) {
      effective = context.id;
      fire(context, ticks, timer);
    } else ticks.timers.release(timer);
    timer = ticks.takeDue(now);
  }
  if (effective != plugin.id) plugin.activate();
  if (ticks.takeTick(now)) plugin.onTick();
  ticks.end();
}

function fire(context: Context, ticks: Ticks, timer: Timer): void {
  const id = timer.id;
  const tag = timer.tag;
  ticks.timers.release(timer);
  context.onTimer(id, tag);
}
