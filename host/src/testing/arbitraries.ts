/**
 * `@sluice/host/testing/arbitraries`: requests for fast-check, and the rule that no body filter may break: how a body is cut
 * into pieces never changes what comes of it.
 */
import * as fc from "fast-check";
import { toBytes } from "../abi/bytes.ts";
import type { Header } from "../core/header-map.ts";
import type { Plugin } from "../vm/plugin.ts";
import type { Sent, Stream } from "../vm/stream.ts";

/** Names that mean something to a proxy, so that no other value may stand there. */
const TAKEN: readonly string[] = ["content-length", "transfer-encoding", "connection", "upgrade", "host", "te"];

/** Headers as a proxy hands them on: names in lower case, some of them more than once, values of visible ASCII. */
export function arbitraryHeaders(options: { readonly maxLength?: number } = {}): fc.Arbitrary<Header[]> {
  const common = fc.constantFrom("accept", "cookie", "user-agent", "x-request-id", "x-forwarded-for", "authorization");
  const other = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/).filter((name) => !TAKEN.includes(name));
  const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$|^$/);
  return fc.array(fc.tuple(fc.oneof(common, other), value), { maxLength: options.maxLength ?? 12 });
}

/** A request's headers, pseudo-headers first. */
export function arbitraryRequestHeaders(): fc.Arbitrary<Header[]> {
  const path = fc.stringMatching(/^\/[a-z0-9/._~%-]{0,20}(\?[a-z0-9=&]{0,10})?$/);
  return fc
    .tuple(fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"), path, arbitraryHeaders())
    .map(([method, target, headers]) => [
      [":method", method],
      [":path", target],
      [":scheme", "http"],
      [":authority", "localhost"],
      ...headers,
    ]);
}

/** A body in pieces; some are empty, as the last one of a stream may be. */
export function arbitraryChunking(body: string | Uint8Array): fc.Arbitrary<Uint8Array[]> {
  const bytes = toBytes(body);
  return fc.array(fc.nat(bytes.length), { maxLength: 8 }).map((cuts) => {
    const ends = [...cuts.toSorted((one, other) => one - other), bytes.length];
    return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end));
  });
}

export interface ChunkingOptions {
  /** Which body is cut. Default: the request's. */
  readonly side?: "request" | "response";
  readonly requestHeaders?: readonly Header[];
  readonly responseHeaders?: readonly Header[];
  /** Chunkings that are tried. Default 100. */
  readonly numRuns?: number;
}

/**
 * Sends a body in many ways through a filter, and throws fast-check's error with the chunking for which something else comes
 * of it than for the whole body at once: another reply, other headers, another body on either side.
 * @example expectChunkingInvariant(plugin, "first second third");
 */
export function expectChunkingInvariant(
  plugin: Plugin,
  body: string | Uint8Array | fc.Arbitrary<string | Uint8Array>,
  options: ChunkingOptions = {},
): void {
  const bodies = typeof body === "string" || body instanceof Uint8Array ? fc.constant(body) : body;
  const cases = bodies.chain((whole) => fc.tuple(fc.constant(toBytes(whole)), arbitraryChunking(whole)));
  fc.assert(
    fc.property(cases, ([whole, chunks]) => {
      const expected = outcome(plugin, [whole], options);
      const actual = outcome(plugin, chunks, options);
      if (actual === expected) return;
      const sizes = chunks.map((chunk) => chunk.length).join(" + ");
      throw new Error(`in chunks of ${sizes} bytes:\n${actual}\nwhole:\n${expected}`);
    }),
    { numRuns: options.numRuns ?? 100 },
  );
}

const REQUEST: readonly Header[] = [
  [":method", "POST"],
  [":path", "/"],
  [":scheme", "http"],
  [":authority", "localhost"],
];

/** Everything that came of a stream, as text. */
function outcome(plugin: Plugin, chunks: readonly Uint8Array[], options: ChunkingOptions): string {
  const stream = plugin.stream({ requestHeaders: options.requestHeaders ?? REQUEST });
  const last = chunks.length - 1;
  if (options.side === "response") {
    stream.requestHeaders();
    stream.responseHeaders(options.responseHeaders ?? [[":status", "200"]], { endOfStream: false });
    for (const [index, chunk] of chunks.entries()) stream.responseBody(chunk, { endOfStream: index === last });
  } else {
    stream.requestHeaders({ endOfStream: false });
    for (const [index, chunk] of chunks.entries()) stream.requestBody(chunk, { endOfStream: index === last });
  }
  stream.complete();
  return describe(stream);
}

function describe({ localReply, wasReset, upstream, downstream }: Stream): string {
  const reply = localReply === undefined ? undefined : { ...localReply, body: latin1(localReply.body) };
  return JSON.stringify({ reply, wasReset, upstream: sideOf(upstream), downstream: sideOf(downstream) }, null, 2);
}

function sideOf({ headers, body, trailers, ended }: Sent): unknown {
  return { headers: headers?.toArray(), body: latin1(body), trailers: trailers?.toArray(), ended };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
