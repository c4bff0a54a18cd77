import { toBytes } from "../abi/bytes.ts";
import type { GrpcCall, GrpcWire } from "../core/call-outs.ts";
import type { Header, HeaderMap } from "../core/header-map.ts";

/** A unary call as a scripted server sees it. */
export interface GrpcRequest {
  readonly service: string;
  readonly method: string;
  readonly metadata: HeaderMap;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
}

/** What a unary call ends with. A status other than 0 is a failure: the module sees it, and no message. */
export interface GrpcReply {
  readonly message?: string | Uint8Array;
  readonly status?: number;
  readonly statusMessage?: string;
  /** Milliseconds of host time until it arrives. */
  readonly delayMs?: number;
}

/** A stream from its server's side. What it sends arrives later, in order. */
export interface GrpcServerStream {
  readonly service: string;
  readonly method: string;
  readonly metadata: HeaderMap;
  /** The module's messages; `end` with the last one. */
  onMessage: (message: Uint8Array, end: boolean) => void;
  /** The module has closed its side, or cancelled the stream. */
  onClose: (how: "closed" | "cancelled") => void;
  initialMetadata(metadata: readonly Header[]): void;
  send(message: string | Uint8Array): void;
  /** Ends the stream, with trailing metadata first if there is any. */
  close(status?: number, message?: string, trailing?: readonly Header[]): void;
}

/** A scripted gRPC server. What it does not have answers Unimplemented (12). */
export interface GrpcServer {
  readonly unary?: (call: GrpcRequest) => GrpcReply;
  readonly stream?: (stream: GrpcServerStream) => void;
}

const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;

/** A status message that came over the wire, as Envoy marks it. */
function viaUpstream(message: string): string {
  return message === "" ? "via_upstream" : `${message}{via_upstream}`;
}

/** Runs one call or stream on a scripted server. `later` puts off to a host time from now, in order. */
export function serveGrpc(server: GrpcServer, call: GrpcCall, later: (ms: number, run: () => void) => void): GrpcWire {
  return call.kind === "call" ? serveCall(server, call, later) : serveStream(server, call, later);
}

function serveCall(server: GrpcServer, call: GrpcCall, later: (ms: number, run: () => void) => void): GrpcWire {
  const { service, method, metadata, message, timeoutMs, events } = call;
  let pending = true;
  const once = (run: () => void) => (): void => {
    if (pending) run();
    pending = false;
  };
  later(0, () => {
    const reply = server.unary?.({ service, method, metadata, message, timeoutMs }) ?? { status: UNIMPLEMENTED };
    const { status = 0, delayMs = 0 } = reply;
    const arrives = once(() => {
      if (status === 0) events.message(toBytes(reply.message ?? ""));
      else events.close(status, viaUpstream(reply.statusMessage ?? ""));
    });
    if (timeoutMs > 0 && delayMs > timeoutMs)
      later(
        timeoutMs,
        once(() => events.close(UNAVAILABLE, "upstream request timeout{response_timeout}")),
      );
    else if (delayMs > 0) later(delayMs, arrives);
    else arrives();
  });
  const end = (): void => void (pending = false);
  return { send: () => {}, close: end, cancel: end };
}

function serveStream(server: GrpcServer, call: GrpcCall, later: (ms: number, run: () => void) => void): GrpcWire {
  const { service, method, metadata, events } = call;
  let open = true;
  const put = (run: () => void): void => later(0, () => void (open && run()));
  const stream: GrpcServerStream = {
    service,
    method,
    metadata,
    onMessage: () => {},
    onClose: () => {},
    initialMetadata: (headers) => put(() => events.initialMetadata(headers)),
    send: (message) => put(() => events.message(toBytes(message))),
    close: (status = 0, message = "", trailing = []) => {
      put(() => {
        if (trailing.length > 0) events.trailingMetadata(trailing);
        if (open) events.close(status, viaUpstream(message));
        open = false;
      });
    },
  };
  if (server.stream === undefined) stream.close(UNIMPLEMENTED);
  else put(() => server.stream?.(stream));
  return {
    send: (message, end) => put(() => stream.onMessage(message, end)),
    close: () => put(() => stream.onClose("closed")),
    cancel: () => {
      open = false;
      stream.onClose("cancelled");
    },
  };
}
