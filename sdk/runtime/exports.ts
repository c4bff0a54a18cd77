import { Action, BufferType, DataAction, HeadersAction, MetadataAction, TrailersAction } from "../abi/enums";
import { cancelGrpcCalls, dropHttpCalls } from "../calls/pending";
import { HttpContext } from "../context/http-context";
import { announcedBuffer } from "../http/body";
import { forgetLogLevel } from "../http/log";
import { dropTicks, dropTimers, ticksOf } from "../timers/ticks-table";
import { enter } from "../wire/arena";
import { bringHttpAnswer, endGrpcCall, endsWithMessage, grpcOwner, serveTicks } from "./answers";
import { exit } from "./memory";
import { acceptsAnyRootId, addPlugin, findPlugin, newestPlugin, removePlugin } from "./plugins";
import { beginStream, endStream, findStream, findTcp, releaseStream } from "./streams";

// What the host calls. The transform exports from a module only those whose method a filter overrides, and the few
// that are always needed. A number that is not known is answered with "go on": never a trap.

export { malloc, proxy_on_memory_allocate } from "./memory";

export function proxy_abi_version_0_2_1(): void {}

// Contexts

export function proxy_on_context_create(id: u32, parent: u32): void {
  enter();
  if (parent == 0) {
    addPlugin(id);
  } else {
    const plugin = findPlugin(parent);
    if (plugin) beginStream(plugin, id);
  }
  exit();
}

export function proxy_on_log(id: u32): void {
  enter();
  const stream = findStream(id);
  if (stream) {
    stream.onLog();
  } else {
    const plugin = findPlugin(id);
    if (plugin) plugin.onLog();
  }
  exit();
}

export function proxy_on_done(id: u32): u32 {
  enter();
  const stream = findStream(id);
  let done = true;
  if (stream) {
    done = stream.onDone();
  } else {
    const plugin = findPlugin(id);
    if (plugin) done = plugin.onDone();
  }
  exit();
  return u32(done);
}

export function proxy_on_delete(id: u32): void {
  enter();
  const stream = endStream(id);
  if (stream) {
    stream.onDelete();
    cancelGrpcCalls(id);
    dropTimers(stream.plugin.id, id);
    releaseStream(stream);
  } else {
    const plugin = removePlugin(id);
    if (plugin) plugin.onDelete();
    cancelGrpcCalls(id);
    dropHttpCalls(id);
    dropTicks(id);
  }
  exit();
}

// Plugins

export function proxy_on_vm_start(id: u32, size: u32): u32 {
  let plugin = findPlugin(id);
  if (!plugin) plugin = newestPlugin();
  if (!plugin) return 1;
  enter();
  const accepted = plugin.onVmStart(announcedBuffer(BufferType.VmConfiguration, size));
  exit();
  return u32(accepted);
}

export function proxy_validate_configuration(id: u32, size: u32): u32 {
  const plugin = findPlugin(id);
  if (!plugin) return 1;
  enter();
  forgetLogLevel();
  const valid = plugin.onValidate(announcedBuffer(BufferType.PluginConfiguration, size));
  exit();
  return u32(valid);
}

export function proxy_on_configure(id: u32, size: u32): u32 {
  enter();
  forgetLogLevel();
  const plugin = findPlugin(id);
  const accepted = plugin
    ? plugin.onConfigure(announcedBuffer(BufferType.PluginConfiguration, size))
    : acceptsAnyRootId();
  exit();
  return u32(accepted);
}

export function proxy_on_tick(id: u32): void {
  const plugin = findPlugin(id);
  if (!plugin) return;
  enter();
  forgetLogLevel();
  const ticks = ticksOf(id);
  if (ticks) serveTicks(plugin, ticks);
  else plugin.onTick();
  exit();
}

export function proxy_on_queue_ready(id: u32, queue: u32): void {
  const plugin = findPlugin(id);
  if (!plugin) return;
  enter();
  plugin.onQueueReady(queue);
  exit();
}

export function proxy_on_foreign_function(id: u32, functionId: u32, size: u32): void {
  const plugin = findPlugin(id);
  if (!plugin) return;
  enter();
  plugin.onForeignFunction(functionId, announcedBuffer(BufferType.CallData, size));
  exit();
}

// HTTP streams

/** A TCP connection here is a misconfigured proxy: it has only the default methods, which say "go on". */
function findHttp(id: u32): HttpContext | null {
  return changetype<HttpContext>(findStream(id));
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return HeadersAction.Continue;
  enter();
  const action = stream.onRequestHeaders(count, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return DataAction.Continue;
  enter();
  const action = stream.onRequestBody(size, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_request_trailers(id: u32, count: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return TrailersAction.Continue;
  enter();
  const action = stream.onRequestTrailers(count);
  exit();
  return action;
}

export function proxy_on_request_metadata(id: u32, count: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return MetadataAction.Continue;
  enter();
  const action = stream.onRequestMetadata(count);
  exit();
  return action;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return HeadersAction.Continue;
  enter();
  const action = stream.onResponseHeaders(count, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return DataAction.Continue;
  enter();
  const action = stream.onResponseBody(size, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_response_trailers(id: u32, count: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return TrailersAction.Continue;
  enter();
  const action = stream.onResponseTrailers(count);
  exit();
  return action;
}

export function proxy_on_response_metadata(id: u32, count: u32): u32 {
  const stream = findHttp(id);
  if (!stream) return MetadataAction.Continue;
  enter();
  const action = stream.onResponseMetadata(count);
  exit();
  return action;
}

// TCP connections

export function proxy_on_new_connection(id: u32): u32 {
  enter();
  const connection = findTcp(id);
  const action = connection ? connection.onNewConnection() : Action.Continue;
  exit();
  return action;
}

export function proxy_on_downstream_data(id: u32, size: u32, endOfStream: u32): u32 {
  enter();
  const connection = findTcp(id);
  const action = connection ? connection.onDownstreamData(size, endOfStream != 0) : DataAction.Continue;
  exit();
  return action;
}

export function proxy_on_upstream_data(id: u32, size: u32, endOfStream: u32): u32 {
  enter();
  const connection = findTcp(id);
  const action = connection ? connection.onUpstreamData(size, endOfStream != 0) : DataAction.Continue;
  exit();
  return action;
}

export function proxy_on_downstream_connection_close(id: u32, peer: u32): void {
  enter();
  const connection = findTcp(id);
  if (connection) connection.onDownstreamClose(peer);
  exit();
}

export function proxy_on_upstream_connection_close(id: u32, peer: u32): void {
  enter();
  const connection = findTcp(id);
  if (connection) connection.onUpstreamClose(peer);
  exit();
}

// Answers to calls

export function proxy_on_http_call_response(id: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  enter();
  bringHttpAnswer(id, token, headers, bodySize, trailers);
  exit();
}

export function proxy_on_grpc_receive_initial_metadata(id: u32, token: u32, count: u32): void {
  enter();
  const context = grpcOwner(id, token);
  if (context) context.onGrpcInitialMetadata(token, count);
  exit();
}

export function proxy_on_grpc_receive(id: u32, token: u32, size: u32): void {
  enter();
  const context = grpcOwner(id, token);
  if (context) {
    if (endsWithMessage(token)) endGrpcCall(token);
    context.onGrpcMessage(token, size);
  }
  exit();
}

export function proxy_on_grpc_receive_trailing_metadata(id: u32, token: u32, count: u32): void {
  enter();
  const context = grpcOwner(id, token);
  if (context) context.onGrpcTrailingMetadata(token, count);
  exit();
}

export function proxy_on_grpc_close(id: u32, token: u32, status: u32): void {
  enter();
  const context = grpcOwner(id, token);
  if (context) {
    endGrpcCall(token);
    context.onGrpcClose(token, status);
  }
  exit();
}
