import { toText } from "../abi/bytes.ts";
import { LogLevel, nameOf } from "../abi/numbers.ts";
import type { PropertyTree } from "../abi/property.ts";
import { type Header, HeaderMap } from "../core/header-map.ts";
import { type CallOut, type Outcome } from "../vm/clusters.ts";
import { HostError } from "../error.ts";
import type { Chain } from "../vm/chain.ts";
import { createHost, type Host } from "../vm/host.ts";
import type { Plugin } from "../vm/plugin.ts";
import type { Sent, Stream } from "../vm/stream.ts";
import { counts, growthOf } from "./in-process-metrics.ts";
import { type Got, type Observation, REFUSED, type Seen, shownHeaders } from "./observation.ts";
import {
  AFTER_START_MS,
  inOrder,
  BETWEEN_PIECES_MS,
  headersOf,
  namedFilters,
  type Scenario,
  type ScenarioFilter,
  type ScenarioRequest,
  type UpstreamOutcome,
} from "./scenario.ts";

/** Waiting for what is to come, in steps of host time. */
const STEP_MS = 20;
const STEPS = 100;

/** Runs a scenario in the in-process host. Never throws for what a module does. */
export function runInProcess(scenario: Scenario, key = "scenario"): Observation {
  const host = createHost({
    clusters: scenario.clusters ?? {},
    grpc: scenario.grpc ?? {},
    properties: envoyProperties(key),
    bufferLimit: scenario.bufferLimit ?? 1024 * 1024,
    logLevel: scenario.logLevel === "info" ? LogLevel.Info : LogLevel.Trace,
  });
  const filters = namedFilters(scenario, key);
  const plugins = loadAll(host, filters);
  if (plugins === undefined) return REFUSED;
  // What they began while they were configured is over when the first request comes.
  host.advance(AFTER_START_MS);
  const names = new Map(filters.map(({ name }, index) => [name, index]));
  const before = { logs: host.logs.length, metrics: counts(host.metrics) };
  const chain = host.chain(plugins);
  const sent = scenario.requests.map((request) => send(host, chain, request, scenario.upstream));
  return {
    refused: false,
    logs: inOrder(
      scenario,
      host.logs
        .slice(before.logs)
        .filter((record) => record.source === "module" && names.has(record.plugin))
        .map(
          (record) =>
            `${names.get(record.plugin) ?? "?"} ${nameOf(LogLevel, record.level).toLowerCase()} ${record.message}`,
        ),
    ),
    responses: sent.map(({ got }) => got),
    upstream: sent.flatMap(({ seen }) => seen ?? []),
    metrics: growthOf(before.metrics, host.metrics),
  };
}

/** What the Envoy of a real run tells of itself. */
function envoyProperties(key: string): PropertyTree {
  const node = { id: "differential", cluster: "differential" };
  const places = { route_name: "", virtual_host_name: "all", cluster_name: `upstream-${key}`, listener_direction: 0 };
  return { xds: { ...places, node, cluster_metadata: new Uint8Array(0) } };
}

/** The plugins; undefined when one is no module for a proxy, or refuses its configuration. */
function loadAll(host: Host, filters: readonly ScenarioFilter[]): readonly Plugin[] | undefined {
  try {
    const plugins = filters.map(({ wasm, ...options }) => host.load(wasm, options));
    return plugins.some((plugin) => plugin.problem !== undefined) ? undefined : plugins;
  } catch (error) {
    if (error instanceof HostError && (error.code === "module" || error.code === "import")) return undefined;
    throw error;
  }
}

function send(
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

function seenByUpstream(stream: Stream): CallOut {
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

function gotOf({ downstream, wasReset }: Stream): Got {
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

function seenOf({ upstream }: Stream): Seen {
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
