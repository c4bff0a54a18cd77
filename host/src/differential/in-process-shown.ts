import { toText } from "../abi/bytes.ts";
import { HeaderMap } from "../core/header-map.ts";
import type { CallOut } from "../vm/clusters.ts";
import type { Sent, Stream } from "../vm/stream.ts";
import { type Got, type Seen, shownHeaders } from "./observation.ts";

// What a stream of the in-process host has come to, in the words that a real run is told in.

/** The request as an upstream's script sees it. */
export function seenByUpstream(stream: Stream): CallOut {
  const { headers = new HeaderMap(), body, trailers } = stream.upstream;
  const text = (name: string): string => headers.text(name) ?? "";
  return {
    cluster: "upstream",
    method: text(":method"),
    path: text(":path"),
    authority: text(":authority"),
    headers,
    body,
    text: toText(body),
    trailers,
    timeoutMs: 0,
  };
}

/** What the client got. */
export function gotOf({ downstream, wasReset }: Stream): Got {
  if (!downstream.ended) return { status: wasReset ? "reset" : "none", headers: [], body: "", trailers: [] };
  const status = Number(downstream.headers?.text(":status"));
  if (!readable(status, downstream)) return { status: "reset", headers: [], body: "", trailers: [] };
  return {
    status,
    headers: shownMap(downstream.headers),
    body: downstream.text,
    trailers: shownMap(downstream.trailers),
  };
}

/** Whether a client can read it: no status below 100, and a body as long as its content-length says. */
function readable(status: number, { headers, body }: Sent): boolean {
  const length = headers?.text("content-length");
  return status >= 100 && (length === undefined || body.length === 0 || Number(length) === body.length);
}

/** What the upstream got. */
export function seenOf({ upstream }: Stream): Seen {
  const text = (name: string): string => upstream.headers?.text(name) ?? "";
  return {
    method: text(":method"),
    path: text(":path"),
    authority: text(":authority"),
    headers: shownMap(upstream.headers),
    body: upstream.text,
    trailers: shownMap(upstream.trailers),
  };
}

/** A header's bytes are latin1 on the wire. */
function shownMap(map: HeaderMap | undefined): string[] {
  return shownHeaders((map?.pairs() ?? []).map(([name, value]) => [latin1(name), latin1(value)]));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
