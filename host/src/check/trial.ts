import { HostError } from "../error.ts";
import { withSourceMap } from "../source-map/sources.ts";
import { createHost } from "../vm/host.ts";
import type { Host } from "../vm/host.ts";
import type { Plugin } from "../vm/plugin.ts";
import type { Stream } from "../vm/stream.ts";
import { readModule } from "../wasm/index.ts";
import { callbackOf } from "./callbacks.ts";
import type { CallbackKind } from "./callbacks.ts";
import { isError, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { growthFinding, loadFinding, refusal, trapFinding } from "./trial-findings.ts";

/** What a trial is given; plain data, so that it can go to a worker thread. */
export interface TrialOptions {
  /** Without one the plugin gets an empty configuration, and refusing that is only a warning. */
  readonly configuration?: string;
  /** Of the plugin, for a module with several. */
  readonly rootId?: string;
  /** The module's source map, for a trap's file and line. */
  readonly sourceMap?: string;
  /** How many instructions a callback may run; default: those of `createHost`. */
  readonly instructions?: number;
}

const GET = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "trial.example"],
  [":path", "/?trial=1"],
] as const;
const POST = [[":method", "POST"], ...GET.slice(1), ["content-type", "text/plain"]] as const;
const SECOND_MS = 1_000;

/**
 * The life of a module in the in-process host: it starts, is configured, sees two requests or a connection, ticks, and ends.
 * Never throws. It may never return, for a module that never does: `runTrial` sets it a limit.
 */
export function trial(bytes: Uint8Array<ArrayBuffer>, options: TrialOptions): Finding[] {
  const exports = exportsOf(bytes);
  const wants = (kind: CallbackKind): boolean => exports.some((name) => callbackOf(name, "0.2.1")?.kind === kind);
  const begun = live(bytes, options, () => {});
  if (begun.length > 0) return begun;
  // A module of neither kind still gets contexts, and logs.
  const http = wants("http") || !wants("tcp") ? live(bytes, options, asHttpFilter) : undefined;
  const tcp = wants("tcp") ? live(bytes, options, asNetworkFilter) : undefined;
  const end = live(bytes, options, (_host, plugin) => plugin.close());
  return [...asEither(http, tcp), ...end.map((finding) => asWarning(finding, "when it is taken down, it"))];
}

/** Some SDKs export the callbacks of both kinds whatever the filter is: then only one of the two has to go well. */
function asEither(http: Finding[] | undefined, tcp: Finding[] | undefined): Finding[] {
  if (http === undefined || tcp === undefined) return http ?? tcp ?? [];
  if (!http.some(isError)) return [...http, ...tcp.map((finding) => asWarning(finding, "as a network filter it"))];
  if (!tcp.some(isError)) return [...tcp, ...http.map((finding) => asWarning(finding, "as an HTTP filter it"))];
  return http;
}

function asWarning({ rule, message }: Finding, when: string): Finding {
  return warning(rule, `${when} would fail: ${message}`);
}

/** Brings the module up in a host of its own, has it do something, and tells what went wrong. */
function live(
  bytes: Uint8Array<ArrayBuffer>,
  options: TrialOptions,
  run: (host: Host, plugin: Plugin) => void,
): Finding[] {
  const { instructions, configuration, rootId } = options;
  const host = createHost(instructions === undefined ? {} : { limits: { instructions } });
  let plugin: Plugin;
  try {
    if (options.sourceMap !== undefined) withSourceMap(bytes, options.sourceMap);
    plugin = host.load(bytes, {
      ...(configuration === undefined ? {} : { configuration }),
      ...(rootId === undefined ? {} : { rootId }),
    });
  } catch (thrown) {
    return [loadFinding(thrown)];
  }
  if (plugin.problem !== undefined) return [refusal(host, plugin, options)];
  const { memoryGrowth } = host.measure(() => withoutMisuse(() => run(host, plugin)));
  return [...trapFinding(host, plugin), ...growthFinding(memoryGrowth)];
}

/** Steps out of order: the host says so, and it is no fault of the module. */
function withoutMisuse(run: () => void): void {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof HostError)) throw thrown;
  }
}

function asHttpFilter(host: Host, plugin: Plugin): void {
  request(plugin.stream({ requestHeaders: GET }), host, []);
  request(plugin.stream({ requestHeaders: POST }), host, ["first ", "second"]);
  host.advance(SECOND_MS);
}

function asNetworkFilter(host: Host, plugin: Plugin): void {
  const connection = plugin.connection();
  connection.open();
  connection.downstream("from the client");
  connection.upstream("from the server");
  connection.closeUpstream();
  connection.closeDownstream();
  connection.complete();
  host.advance(SECOND_MS);
}

function exportsOf(bytes: Uint8Array<ArrayBuffer>): string[] {
  const module = readModule(bytes);
  return module.ok ? module.exports.map(({ name }) => name) : [];
}

/** A request with these pieces of body, and trailers behind them; the response likewise. */
function request(stream: Stream, host: Host, chunks: readonly string[]): void {
  const open = (): boolean => stream.localReply === undefined && !stream.wasReset;
  stream.requestHeaders({ endOfStream: chunks.length === 0 });
  for (const chunk of chunks) if (open()) stream.requestBody(chunk, { endOfStream: false });
  if (chunks.length > 0 && open()) stream.requestTrailers([["x-trial", "1"]]);
  host.advance(SECOND_MS);
  if (open() && stream.upstream.ended) {
    stream.responseHeaders([[":status", "200"]], { endOfStream: chunks.length === 0 });
    for (const chunk of chunks) if (open()) stream.responseBody(chunk, { endOfStream: false });
    if (chunks.length > 0 && open()) stream.responseTrailers([["x-trial", "1"]]);
  }
  stream.complete();
}
