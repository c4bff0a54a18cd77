import type { PropertyTree } from "../abi/property.ts";
import type { Header, HeaderMap } from "../core/header-map.ts";
import { HostError } from "../error.ts";
import type { ChainWorld, StreamOptions } from "./chain.ts";
import type { Stream } from "./stream.ts";

/** Where the request goes when it has passed the filters. */
export type Upstream = (request: Request) => Response | Promise<Response>;

export interface FetchOptions {
  /** Sees the request as the filters left it. Default: 200 with the body `hi`. */
  readonly upstream?: Upstream;
  readonly properties?: PropertyTree;
}

/** Host time that a request may take until it counts as held back for ever. */
const PATIENCE_NS = 60_000_000_000n;
/** Statuses for which a Response may have no body. */
const NO_BODY: readonly number[] = [101, 204, 205, 304];

/**
 * Drives one stream for a Request: its head, its body in the pieces in which it comes, the upstream's answer likewise.
 * @param http1 with what Envoy's HTTP/1 codec makes of it: the end comes by itself after the last byte
 */
export async function fetchThrough(
  begin: (options: StreamOptions) => Stream,
  world: ChainWorld,
  request: Request,
  options: FetchOptions,
  http1 = false,
): Promise<Response> {
  const { properties } = options;
  const pause = http1 ? () => passTime(world) : undefined;
  const stream = begin({
    requestHeaders: [...requestHeaders(request), ...(http1 ? FORWARDED : [])],
    ...(properties === undefined ? {} : { properties }),
  });
  await drive(
    request.body,
    (end) => stream.requestHeaders({ endOfStream: end }),
    (chunk, end) => stream.requestBody(chunk, { endOfStream: end }),
    pause,
  );
  wait(stream, world, () => stream.upstream.ended);
  if (!stream.downstream.ended && !stream.wasReset) {
    const answer = await (options.upstream ?? defaultUpstream)(upstreamRequest(stream));
    const length: Header[] = http1 ? [["content-length", await lengthOf(answer)]] : [];
    await drive(
      answer.body,
      (end) => stream.responseHeaders([...responseHeaders(answer), ...length], { endOfStream: end }),
      (chunk, end) => stream.responseBody(chunk, { endOfStream: end }),
      pause,
    );
    wait(stream, world, () => stream.downstream.ended);
  }
  stream.complete();
  if (stream.wasReset) throw new HostError("reset", "a filter has reset the stream");
  return clientResponse(stream);
}

const BETWEEN_PIECES_NS = 80_000_000n;
const NO_BYTES = new Uint8Array(0);
/** What Envoy's connection manager adds to a request. */
const FORWARDED: readonly Header[] = [["x-forwarded-proto", "http"]];

const defaultUpstream: Upstream = () => new Response("hi");

/** Feeds a body; each piece waits for the next, since only the last one ends the message. */
async function drive(
  body: ReadableStream<Uint8Array> | null,
  head: (end: boolean) => void,
  data: (chunk: Uint8Array, end: boolean) => void,
  pause: (() => void) | undefined,
): Promise<void> {
  head(body === null);
  if (body === null) return;
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    if (held.length > 0) data(held, false);
    pause?.();
    held = chunk;
  }
  if (pause === undefined) {
    data(held, true);
    return;
  }
  if (held.length > 0) data(held, false);
  pause();
  data(NO_BYTES, true);
}

/** What is due within the time between two pieces comes between them. */
function passTime(world: ChainWorld): void {
  const limit = world.now() + BETWEEN_PIECES_NS;
  while (world.advanceToNext(limit));
}

/** An upstream of Envoy's tells it beforehand. */
async function lengthOf(answer: Response): Promise<string> {
  return String((await answer.clone().arrayBuffer()).byteLength);
}

/** Lets call-outs, ticks and time-outs happen until the message is through, or something else has come in its place. */
function wait(stream: Stream, world: ChainWorld, through: () => boolean): void {
  const limit = world.now() + PATIENCE_NS;
  while (!through() && !stream.downstream.ended && !stream.wasReset) {
    if (!world.advanceToNext(limit)) {
      stream.complete();
      throw new HostError("use", "a filter holds the message back, and nothing that is due lets it go on");
    }
  }
}

function requestHeaders(request: Request): Header[] {
  const url = new URL(request.url);
  return [
    [":authority", url.host],
    [":path", `${url.pathname}${url.search}`],
    [":method", request.method],
    [":scheme", url.protocol.slice(0, -1)],
    ...request.headers,
  ];
}

function responseHeaders(response: Response): Header[] {
  return [[":status", String(response.status)], ...response.headers];
}

function upstreamRequest(stream: Stream): Request {
  const { headers, body } = stream.upstream;
  const method = headers?.text(":method") ?? "GET";
  const url = `${headers?.text(":scheme") ?? "http"}://${headers?.text(":authority") ?? ""}${headers?.text(":path") ?? "/"}`;
  const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers: plainHeaders(headers),
    ...(hasBody ? { body: Uint8Array.from(body) } : {}),
  });
}

function clientResponse(stream: Stream): Response {
  const { headers, body } = stream.downstream;
  const status = Number(headers?.text(":status") ?? 200);
  const bytes = NO_BODY.includes(status) || body.length === 0 ? null : Uint8Array.from(body);
  return new Response(bytes, { status, headers: plainHeaders(headers) });
}

function plainHeaders(headers: HeaderMap | undefined): Headers {
  const plain = new Headers();
  for (const [name, value] of headers?.pairs() ?? []) {
    const text = Buffer.from(name).toString("latin1");
    // A header's bytes are latin1 in the web's API, so that any value survives.
    if (!text.startsWith(":")) plain.append(text, Buffer.from(value).toString("latin1"));
  }
  return plain;
}
