import { type Header } from "../core/header-map.ts";
import { HostError } from "../error.ts";
import type { Chain } from "../vm/chain.ts";
import type { CallOut, Outcome } from "../vm/clusters.ts";
import type { Host } from "../vm/host.ts";
import type { Stream } from "../vm/stream.ts";
import { gotOf, seenByUpstream, seenOf } from "./in-process-shown.ts";
import type { Got, Seen } from "./observation.ts";
import { BETWEEN_PIECES_MS, headersOf, type Scenario, type ScenarioRequest, type UpstreamOutcome } from "./scenario.ts";

/** Waiting for what is to come, in steps of host time. */
const STEP_MS = 20;
const STEPS = 100;

/** Leads a request through a chain to the scenario's upstream, and back. */
export function send(
  host: Host,
  chain: Chain,
  wanted: ScenarioRequest,
  upstream: Scenario["upstream"],
): { got: Got; seen?: Seen } {
  const { body, trailers } = wanted;
  const stream = chain.stream({ requestHeaders: requestHeaders(wanted) });
  stream.requestHeaders({ endOfStream: body === undefined });
  for (const piece of body ?? []) {
    if (piece.length > 0) stream.requestBody(piece, { endOfStream: false });
    host.settle();
    host.advance(BETWEEN_PIECES_MS);
  }
  if (trailers !== undefined) stream.requestTrailers(Object.entries(trailers));
  else if (body !== undefined) stream.requestBody("", { endOfStream: true });
  host.settle();
  wait(host, () => stream.upstream.ended || stream.downstream.ended || stream.wasReset);
  if (stream.upstream.ended && !stream.downstream.ended)
    respond(host, stream, answerOf(upstream, seenByUpstream(stream)));
  wait(host, () => stream.downstream.ended || stream.wasReset);
  stream.complete();
  host.advance(wanted.afterMs ?? 0);
  return { got: gotOf(stream), ...(stream.upstream.ended ? { seen: seenOf(stream) } : {}) };
}

function answerOf(upstream: Scenario["upstream"], call: CallOut): UpstreamOutcome {
  const answer = upstream?.(call) ?? { body: "hi" };
  if (!(answer instanceof Promise)) return answer;
  throw new HostError(
    "use",
    "an upstream of a scenario has to answer at once; in-process time does not wait for a promise",
  );
}

function wait(host: Host, done: () => boolean): void {
  for (let step = 0; step < STEPS && !done(); step++) host.advance(STEP_MS);
}

/** In the order in which Envoy's HTTP/1 codec and connection manager put them. */
function requestHeaders(wanted: ScenarioRequest): Header[] {
  const { method = "GET", path = "/", authority = "h" } = wanted;
  return [
    [":authority", authority],
    [":path", path],
    [":method", method],
    [":scheme", "http"],
    ...headersOf(wanted).map(([name, value]): Header => [
      name,
      typeof value === "string" ? Buffer.from(value, "latin1") : value,
    ]),
    ["x-forwarded-proto", "http"],
  ];
}

/** The upstream's answer as Envoy's HTTP/1 codec brings it: its end comes by itself, after the last byte. */
function respond(host: Host, stream: Stream, outcome: UpstreamOutcome): void {
  if ("kind" in outcome) {
    respondOtherwise(host, stream, outcome);
    return;
  }
  const { status = 200, headers = [], body = "", trailers } = outcome;
  const chunks = "chunks" in outcome ? outcome.chunks : undefined;
  const chunked = chunks !== undefined || trailers !== undefined;
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const bodiless = (!chunked && length === 0) || stream.upstream.headers?.text(":method") === "HEAD";
  const framing: Header = chunked ? ["transfer-encoding", "chunked"] : ["content-length", String(length)];
  stream.responseHeaders(
    [[":status", String(status)], ...headers, ...(status === 204 || status === 304 ? [] : [framing])],
    { endOfStream: bodiless },
  );
  if (bodiless) return;
  for (const chunk of chunks ?? [body]) {
    if (chunk.length > 0) stream.responseBody(chunk, { endOfStream: false });
    if (chunked) host.advance(BETWEEN_PIECES_MS);
  }
  if (trailers !== undefined) stream.responseTrailers(trailers);
  else stream.responseBody("");
}

function respondOtherwise(host: Host, stream: Stream, outcome: Extract<Outcome, { kind: string }>): void {
  if (outcome.kind === "delay") {
    host.advance(outcome.ms);
    respond(host, stream, outcome.outcome);
  } else if (outcome.kind === "reset") {
    stream.upstreamReset();
  } else if (outcome.kind === "cut") {
    stream.responseHeaders(
      [
        [":status", "200"],
        ["content-length", "100"],
      ],
      { endOfStream: false },
    );
    stream.responseBody("part", { endOfStream: false });
    stream.upstreamReset();
  }
}
