import { toBytes, toText } from "../abi/bytes.ts";
import type { LocalReply } from "./contexts.ts";
import { HeaderMap } from "./header-map.ts";

/** A local reply as it starts its way through the response filters. */
export interface ReplyMessage {
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
}

/** Makes the message as Envoy does: gRPC requests get a trailers-only answer, HEAD requests no body. */
export function replyMessage(reply: LocalReply, request: HeaderMap | undefined): ReplyMessage {
  const isGrpc = /^application\/grpc(?:\+|$)/.test(request?.text("content-type") ?? "");
  return isGrpc ? grpcMessage(reply) : httpMessage(reply, request?.text(":method") === "HEAD");
}

function httpMessage(reply: LocalReply, isHead: boolean): ReplyMessage {
  const headers = new HeaderMap([[":status", String(reply.status)], ...reply.headers], "response");
  if (reply.body.length > 0) {
    headers.replace("content-length", toBytes(String(reply.body.length)));
    if (headers.get("content-type") === undefined) headers.add("content-type", toBytes("text/plain"));
  }
  return { headers, body: isHead ? new Uint8Array(0) : reply.body };
}

function grpcMessage(reply: LocalReply): ReplyMessage {
  const headers = new HeaderMap(
    [
      [":status", "200"],
      ["content-type", "application/grpc"],
      ["grpc-status", String(reply.grpcStatus ?? grpcStatusOf(reply.status))],
    ],
    "response",
  );
  if (reply.body.length > 0) headers.add("grpc-message", toBytes(percentEncode(reply.body)));
  for (const [name, value] of reply.headers) headers.add(name, toBytes(value));
  return { headers, body: new Uint8Array(0) };
}

const GRPC_OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** The gRPC status that goes with an HTTP status. */
export function grpcStatusOf(status: number): number {
  return GRPC_OF_HTTP[status] ?? 2;
}

/** gRPC's own escaping of messages: everything but printable ASCII, and the percent sign. */
function percentEncode(message: Uint8Array): string {
  let text = "";
  for (const byte of message) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += plain ? toText(Uint8Array.of(byte)) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
