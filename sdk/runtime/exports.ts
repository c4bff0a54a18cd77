import { DataAction, HeadersAction, TrailersAction } from "../abi/enums";
import { pluginConfiguration } from "../http/body";
import { forgetLogLevel } from "../http/log";
import { enter } from "../wire/arena";
import { addStream, findStream, removeStream } from "./context-table";
import { exit } from "./memory";
import { acquireStream, addPlugin, findPlugin, releaseStream, removePlugin } from "./plugins";

// What the host calls. The transform exports from a module only those whose method a filter overrides, and the few
// that are always needed. A number that is not known is answered with "go on": never a trap.

export { malloc, proxy_on_memory_allocate } from "./memory";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(id: u32, parent: u32): void {
  enter();
  if (parent == 0) {
    addPlugin(id);
  } else {
    const plugin = findPlugin(parent);
    if (plugin) {
      const context = acquireStream(plugin, id);
      if (context) addStream(id, context);
    }
  }
  exit();
}

export function proxy_on_configure(id: u32, size: u32): u32 {
  const plugin = findPlugin(id);
  if (!plugin) return 1;
  enter();
  forgetLogLevel();
  const accepted = plugin.onConfigure(pluginConfiguration(size));
  exit();
  return u32(accepted);
}

export function proxy_on_tick(id: u32): void {
  const plugin = findPlugin(id);
  if (!plugin) return;
  enter();
  forgetLogLevel();
  plugin.onTick();
  exit();
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: u32): u32 {
  const stream = findStream(id);
  if (!stream) return HeadersAction.Continue;
  enter();
  const action = stream.onRequestHeaders(count, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: u32): u32 {
  const stream = findStream(id);
  if (!stream) return DataAction.Continue;
  enter();
  const action = stream.onRequestBody(size, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_request_trailers(id: u32, count: u32): u32 {
  const stream = findStream(id);
  if (!stream) return TrailersAction.Continue;
  enter();
  const action = stream.onRequestTrailers(count);
  exit();
  return action;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: u32): u32 {
  const stream = findStream(id);
  if (!stream) return HeadersAction.Continue;
  enter();
  const action = stream.onResponseHeaders(count, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: u32): u32 {
  const stream = findStream(id);
  if (!stream) return DataAction.Continue;
  enter();
  const action = stream.onResponseBody(size, endOfStream != 0);
  exit();
  return action;
}

export function proxy_on_response_trailers(id: u32, count: u32): u32 {
  const stream = findStream(id);
  if (!stream) return TrailersAction.Continue;
  enter();
  const action = stream.onResponseTrailers(count);
  exit();
  return action;
}

export function proxy_on_log(id: u32): void {
  const stream = findStream(id);
  if (!stream) return;
  enter();
  stream.onLog();
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
  const stream = removeStream(id);
  if (stream) {
    stream.onDelete();
    releaseStream(stream);
  } else {
    const plugin = removePlugin(id);
    if (plugin) plugin.onDelete();
  }
  exit();
}
