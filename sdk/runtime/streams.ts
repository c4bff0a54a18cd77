import { Context } from "../context/context";
import { HttpContext } from "../context/http-context";
import { PluginContext } from "../context/plugin-context";
import { StreamContext } from "../context/stream-context";
import { TcpContext } from "../context/tcp-context";
import { tcpUsed } from "../context/tcp-used";
import { getStream, setStream, takeStream } from "./context-table";
import { findPlugin } from "./plugins";

// Live streams by the host's number, and the pools that their objects come from and go back to.

/** The one object of a module that has no plugin; see `registerHttpContext`. */
let everyStream: HttpContext | null = null;

/**
 * In place of `registerPlugin`, for a filter that has neither a configuration nor anything to remember of a stream: one
 * object serves all streams. The host then does not tell the module of a stream's begin and end, which saves two of the
 * three calls into the VM that a filter of one callback costs. `id` is the stream's that the callback is about; timers
 * do not work.
 */
export function registerHttpContext(context: HttpContext): void {
  context.plugin = new PluginContext();
  everyStream = context;
}

/** The stream of this number; null for one that is not known. */
export function findStream(id: u32): StreamContext | null {
  const context = everyStream;
  if (context) {
    context.id = id;
    return context;
  }
  return getStream(id);
}

/** The stream or plugin of this number; null for one that is gone. */
export function findContext(id: u32): Context | null {
  const stream = findStream(id);
  return stream ? stream : findPlugin(id);
}

/** A new stream of a plugin: an object from the pool, else a new one. */
export function beginStream(plugin: PluginContext, id: u32): void {
  let context = plugin.pool;
  if (context) {
    plugin.pool = context.next;
    context.next = null;
    changetype<StreamContext>(context).reset();
  } else {
    context = plugin.createHttpContext();
    if (!context) context = acquireTcp(plugin);
    if (!context) return;
    context.plugin = plugin;
  }
  context.id = id;
  setStream(id, changetype<StreamContext>(context));
}

/** Takes a stream out; null when it is not known. */
export function endStream(id: u32): StreamContext | null {
  return takeStream(id);
}

/** The stream has ended: its object waits for the next one. */
export function releaseStream(context: StreamContext): void {
  const plugin = context.plugin;
  if (tcpUsed() && context instanceof TcpContext) {
    context.next = plugin.tcpPool;
    plugin.tcpPool = context;
    return;
  }
  context.next = plugin.pool;
  plugin.pool = context;
}

/**
 * The TCP connection of this number. The host does not say at a stream's begin which kind it is: where a plugin creates
 * both, the HTTP context goes back to its pool when the first callback says otherwise.
 */
export function findTcp(id: u32): TcpContext | null {
  const stream = getStream(id);
  if (!stream) return null;
  if (stream instanceof TcpContext) return <TcpContext>stream;
  const context = acquireTcp(stream.plugin);
  if (!context) return null;
  context.plugin = stream.plugin;
  context.id = id;
  releaseStream(stream);
  setStream(id, context);
  return context;
}

function acquireTcp(plugin: PluginContext): TcpContext | null {
  if (tcpUsed()) {
    const context = plugin.tcpPool;
    if (context) {
      plugin.tcpPool = context.next;
      context.next = null;
      changetype<TcpContext>(context).reset();
      return changetype<TcpContext>(context);
    }
  }
  return plugin.createTcpContext();
}
