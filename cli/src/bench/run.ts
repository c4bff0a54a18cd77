import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import { benchConfig, measure, noOpModule, sendLoad, wasmFilter } from "@sluice/host/measure";
import type { Measured, Variant } from "@sluice/host/measure";
import { readModule } from "@sluice/host/wasm";
import type { WasmModule } from "@sluice/host/wasm";
import { writeWhole } from "../build/stamp.ts";
import { kindOf } from "../dev/envoy-config.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatDuration } from "../output/duration.ts";
import { freePorts } from "../ports/free-ports.ts";
import { pause } from "../process/pause.ts";
import type { BenchReport, CostOf } from "./report.ts";

export interface BenchOptions {
  readonly file: string;
  readonly configuration: Uint8Array;
  readonly rootId: string;
  /** The request that is sent again and again. */
  readonly path: string;
  readonly headers: readonly string[];
  readonly rounds: number;
  /** In a round. */
  readonly requests: number;
  /** Path of the Envoy binary. */
  readonly envoy: string;
}

/**
 * So many of the filter stand one after another: what one costs is small beside how much a request without any varies. A
 * filter that answers by itself is measured alone, since none behind it would see the request.
 */
const COPIES = 5;
const CONNECTIONS = 8;
const READY_MS = 20_000;
const ANSWER_MS = 10_000;
const PLAIN_ANSWER = /^HTTP\/1\.1 200 [^]*\r\n\r\nok$/;

/** Measures the module in an Envoy of its own. Rejects with a Failure where it can't be measured. */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const module = await readHttpModule(options.file);
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    const noOp = join(folder, "no-op.wasm");
    await writeWhole(noOp, noOpModule(module));
    const answer = await withEnvoy(folder, options, noOp, 1, (envoy) => firstAnswer(envoy.ports.filter, options));
    const copies = PLAIN_ANSWER.test(answer) ? COPIES : 1;
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "none";
    return await withEnvoy(folder, options, noOp, copies, async ({ pid, ports }) => {
      const plan = { pid, rounds: options.rounds, requestsPerRound: options.requests, connections: CONNECTIONS };
      const measured = await measure(variants(ports, status, options), plan);
      return reportOf(options, { copies, status: Number(status), requestsPerRound: options.requests }, measured);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readHttpModule(file: string): Promise<WasmModule> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) throw new Failure(`${file} does not exist or can't be read`, EXIT.usage);
  const module = readModule(bytes);
  if (!module.ok) throw new Failure(`${file} is no WebAssembly module: ${module.error}`);
  if (kindOf(module.exports.map(({ name }) => name)) === "tcp") {
    throw new Failure(`${file} is a filter for TCP: sluice bench measures the cost of an HTTP request`, EXIT.usage);
  }
  return module;
}

/** A listener for each of the ways; the two without a filter show how much is noise. */
const WAYS = ["none", "again", "noOp", "filter"] as const;
type Ports = Readonly<Record<(typeof WAYS)[number], number>>;

interface BenchEnvoy {
  readonly pid: number;
  readonly ports: Ports;
}

async function withEnvoy<T>(
  folder: string,
  options: BenchOptions,
  noOp: string,
  copies: number,
  work: (envoy: BenchEnvoy) => Promise<T>,
): Promise<T> {
  const [none = 0, again = 0, noOpPort = 0, filterPort = 0] = await freePorts(WAYS.length);
  const ports: Ports = { none, again, noOp: noOpPort, filter: filterPort };
  const repeat = (filter: object): object[] => Array.from({ length: copies }, () => filter);
  const { configuration, rootId } = options;
  const filters: Readonly<Record<(typeof WAYS)[number], readonly object[]>> = {
    none: [],
    again: [],
    noOp: repeat(wasmFilter("no-op", noOp, new Uint8Array())),
    filter: repeat(wasmFilter("measured", resolve(options.file), configuration, rootId)),
  };
  const listeners = WAYS.map((name) => ({ name, port: ports[name], filters: filters[name] }));
  const logFile = join(folder, "envoy.log");
  const config = benchConfig(listeners, {});
  const envoy = await startEnvoyProcess({
    binary: options.envoy,
    config,
    logFile,
    concurrency: 1,
    logLevel: "error",
    ready: { listeners: WAYS, timeoutMs: READY_MS },
  });
  try {
    return await work({ pid: pidOf(envoy), ports });
  } finally {
    await envoy.stop();
  }
}

function pidOf({ pid }: RunningEnvoy): number {
  if (pid === undefined) throw new Failure("this Envoy tells no process id, so that its CPU time can't be read");
  return pid;
}

function requestText({ path, headers }: BenchOptions): string {
  return [`GET ${path} HTTP/1.1`, "host: bench", "user-agent: sluice", "accept: */*", ...headers, "", ""].join("\r\n");
}

/** Rejects with a Failure where the filter lets the request wait. */
async function firstAnswer(port: number, options: BenchOptions): Promise<string> {
  let text = "";
  const load = { port, request: requestText(options), requests: 1, connections: 1, expect: "HTTP/1.1" };
  const sent = sendLoad({ ...load, onAnswer: (answer) => (text = answer) });
  const answered = await Promise.race([sent, pause(ANSWER_MS)]);
  if (answered === undefined)
    throw new Failure(`no answer within ${formatDuration(ANSWER_MS)}: does the filter go on?`);
  return text;
}

function variants(ports: Ports, status: string, options: BenchOptions): Variant[] {
  const request = requestText(options);
  return WAYS.map((name) => ({
    name,
    send: (share) =>
      sendLoad({ port: ports[name], request, expect: `HTTP/1.1 ${name === "filter" ? status : "200"}`, ...share }),
  }));
}

function reportOf(
  { file, rounds }: BenchOptions,
  { copies, status, requestsPerRound }: { copies: number; status: number; requestsPerRound: number },
  measured: readonly Measured[],
): BenchReport {
  const cost = (name: (typeof WAYS)[number], share: number): CostOf => {
    const figures = measured.find((candidate) => candidate.name === name);
    const { added = 0, addedLow = 0, addedHigh = 0 } = figures ?? {};
    return { added: added / share, low: addedLow / share, high: addedHigh / share };
  };
  return {
    module: basename(file),
    status,
    copies,
    rounds,
    requestsPerRound,
    withoutFilter: measured[0]?.median ?? 0,
    noise: cost("again", copies),
    noOp: cost("noOp", copies),
    filter: cost("filter", copies),
  };
}
