import { createServer, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { type Header, HeaderMap } from "../core/header-map.ts";
import type { GrpcServer, GrpcServerStream } from "../vm/grpc.ts";
import { listening, type ScriptedServer } from "./servers.ts";

/** Serves a scripted gRPC server over HTTP/2 without TLS. */
export async function serveGrpcScripted(script: GrpcServer): Promise<ScriptedServer> {
  const sessions = new Set<Http2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    serveEither(stream, headers, script);
  });
  return await listening(server, () => {
    for (const session of sessions) session.destroy();
  });
}

/** Nothing on the wire tells a call from a stream but the time-out, which only calls have. */
function serveEither(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, script: GrpcServer): void {
  const isStream = script.unary === undefined || (script.stream !== undefined && headers["grpc-timeout"] === undefined);
  if (isStream) {
    serveStream(stream, headers, script);
    return;
  }
  onMessages(stream, (message) => {
    serveUnary(stream, headers, script, message).catch(() => {});
  });
}

async function serveUnary(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  script: GrpcServer,
  message: Uint8Array,
): Promise<void> {
  const reply = script.unary?.({ ...callOf(headers), message, timeoutMs: 0 }) ?? { status: 12 };
  const { status = 0, statusMessage = "", delayMs = 0 } = reply;
  if (delayMs > 0) await sleep(delayMs);
  if (stream.destroyed) return;
  const ending = { "grpc-status": String(status), ...(statusMessage === "" ? {} : { "grpc-message": statusMessage }) };
  const head = { ":status": 200, "content-type": "application/grpc" };
  if (status !== 0) {
    stream.respond({ ...head, ...ending }, { endStream: true });
    return;
  }
  stream.on("wantTrailers", () => stream.sendTrailers(ending));
  stream.respond(head, { waitForTrailers: true });
  stream.end(frame(reply.message ?? ""));
}

function serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, script: GrpcServer): void {
  let initial: readonly Header[] = [];
  let trailers: Record<string, string> = {};
  const open = (): void => {
    if (stream.headersSent || stream.destroyed) return;
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.respond(
      { ":status": 200, "content-type": "application/grpc", ...record(initial) },
      { waitForTrailers: true },
    );
  };
  const served: GrpcServerStream = {
    ...callOf(headers),
    onMessage: () => {},
    onClose: () => {},
    initialMetadata: (metadata) => {
      initial = metadata;
      open();
    },
    send: (message) => {
      open();
      stream.write(frame(message));
    },
    close: (status = 0, message = "", trailing = []) => {
      trailers = {
        "grpc-status": String(status),
        ...(message === "" ? {} : { "grpc-message": message }),
        ...record(trailing),
      };
      open();
      stream.end();
    },
  };
  if (script.stream === undefined) served.close(12);
  else script.stream(served);
  onMessages(stream, (message, end) => served.onMessage(message, end));
  stream.on("aborted", () => served.onClose("cancelled"));
}

function callOf(headers: IncomingHttpHeaders): { service: string; method: string; metadata: HeaderMap } {
  const [, service = "", method = ""] = String(headers[":path"]).split("/");
  const pairs = Object.entries(headers).map(([name, value]): Header => [name, String(value)]);
  return { service, method, metadata: new HeaderMap(pairs) };
}

/** How long a message waits to be told as the last one: its end follows in the same frame or much later. */
const END_FOLLOWS_MS = 10;

/** Calls back for each message; `end` with the last one, if the stream ends with it. */
function onMessages(stream: ServerHttp2Stream, call: (message: Uint8Array, end: boolean) => void): void {
  let bytes = Buffer.alloc(0);
  let held: { readonly message: Uint8Array; readonly timer: NodeJS.Timeout } | undefined;
  const flush = (end: boolean): void => {
    if (held === undefined) return;
    const { message, timer } = held;
    clearTimeout(timer);
    held = undefined;
    call(message, end);
  };
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      flush(false);
      const end = 5 + bytes.readUInt32BE(1);
      held = {
        message: Uint8Array.from(bytes.subarray(5, end)),
        timer: setTimeout(() => flush(false), END_FOLLOWS_MS),
      };
      bytes = bytes.subarray(end);
    }
  });
  stream.on("end", () => flush(true));
}

/** Length-prefixed, not compressed. */
function frame(message: string | Uint8Array): Buffer {
  const body = Buffer.from(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function record(headers: readonly Header[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
