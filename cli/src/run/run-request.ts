import { createHost, HostError, reset, timeout } from "@sluice/host";
import type { Cluster, Header, Host, LocalReply, LogRecord, Plugin, Stream, TranscriptEntry, Trap } from "@sluice/host";
import type { ClusterAnswer } from "./flags.ts";

/** One request, and what it meets. */
export interface RunOptions {
  readonly configuration: string | undefined;
  readonly rootId: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly Header[];
  readonly body: string | undefined;
  readonly response: { readonly status: number; readonly headers: readonly Header[]; readonly body: string };
  readonly clusters: readonly ClusterAnswer[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A message as it left the filter. */
export interface Message {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface RunOutcome {
  /** Why there is no answer, if so. */
  readonly problem: string | undefined;
  readonly transcript: readonly TranscriptEntry[];
  readonly logs: readonly LogRecord[];
  /** What reached the upstream; undefined when nothing did. */
  readonly upstream: Message | undefined;
  /** What reached the client. */
  readonly downstream: Message | undefined;
  /** The filter answered by itself. */
  readonly localReply: LocalReply | undefined;
  readonly trap: Trap | undefined;
}

/** How long a filter may hold a request or response back, in host time; and in which steps that time passes. */
const PATIENCE_MS = 60_000;
const STEP_MS = 50;

/** Sends one request through a module in the in-process host. Throws HostError for a module that no proxy would take. */
export function runRequest(bytes: Uint8Array<ArrayBuffer>, options: RunOptions): RunOutcome {
  const clock = { now: () => BigInt(options.now) * 1_000_000n };
  const host = createHost({ transcript: true, clock, clusters: clustersOf(options.clusters) });
  const { configuration, rootId } = options;
  const plugin = host.load(bytes, { rootId, ...(configuration === undefined ? {} : { configuration }) });
  if (plugin.problem !== undefined) {
    return outcome(host, plugin, undefined, `the plugin does not come up: ${plugin.problem}`);
  }
  const stream = plugin.stream({ requestHeaders: requestHeaders(options) });
  const problem = drive(host, stream, options);
  return outcome(host, plugin, stream, problem);
}

function clustersOf(answers: readonly ClusterAnswer[]): Record<string, Cluster> {
  return Object.fromEntries(
    answers.map(({ cluster, answer }): [string, Cluster] => [
      cluster,
      () => (answer === "timeout" ? timeout() : answer === "reset" ? reset() : answer),
    ]),
  );
}

function requestHeaders({ method, url, headers, body }: RunOptions): Header[] {
  const given = new Set(headers.map(([name]) => name));
  const defaults: Header[] = [
    [":method", method],
    [":scheme", url.protocol.replace(":", "")],
    [":authority", url.host],
    [":path", url.pathname + url.search],
    ["user-agent", "sluice"],
    ["accept", "*/*"],
    ...(body === undefined ? [] : [["content-length", String(Buffer.byteLength(body))] satisfies Header]),
  ];
  return [...defaults.filter(([name]) => !given.has(name)), ...headers];
}

/** The way there and back, as far as the filter lets it. */
function drive(host: Host, stream: Stream, { body, response }: RunOptions): string | undefined {
  stream.requestHeaders({ endOfStream: body === undefined });
  if (body !== undefined && open(stream)) stream.requestBody(body);
  wait(host, stream, () => stream.upstream.ended);
  if (open(stream) && stream.upstream.ended) {
    const end = response.body === "";
    stream.responseHeaders([[":status", String(response.status)], ...response.headers], { endOfStream: end });
    if (!end && open(stream)) stream.responseBody(response.body);
    wait(host, stream, () => stream.downstream.ended);
  }
  const held = stream.downstream.ended ? undefined : heldBack(stream);
  stream.complete();
  return held;
}

function heldBack(stream: Stream): string {
  if (stream.wasReset) return "the filter has reset the stream";
  const side = stream.upstream.ended ? "response" : "request";
  return `the filter holds the ${side} back, and does not let it go on within ${PATIENCE_MS / 1_000} s`;
}

function open(stream: Stream): boolean {
  return stream.localReply === undefined && !stream.wasReset;
}

function wait(host: Host, stream: Stream, done: () => boolean): void {
  for (let waited = 0; waited < PATIENCE_MS && open(stream) && !done(); waited += STEP_MS) host.advance(STEP_MS);
}

function outcome(host: Host, plugin: Plugin, stream: Stream | undefined, problem: string | undefined): RunOutcome {
  const { transcript, logs } = host;
  return {
    problem,
    transcript,
    logs,
    upstream: stream === undefined ? undefined : messageOf(stream.upstream),
    downstream: stream === undefined ? undefined : messageOf(stream.downstream),
    localReply: stream?.localReply,
    trap: plugin.trap,
  };
}

function messageOf({ headers, text }: Stream["upstream"]): Message | undefined {
  return headers === undefined ? undefined : { headers: headers.toArray(), body: text };
}

/** True for what `runRequest` throws about a module that cannot be loaded. */
export function isModuleProblem(error: unknown): error is HostError {
  return error instanceof HostError;
}
