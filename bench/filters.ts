/**
 * What one filter costs, written with our SDK, by hand on the bare ABI, with the other AssemblyScript SDKs, in Envoy's Lua,
 * and as Envoy's own filters. CPU of Envoy's worker thread; compare only figures of one run.
 * Options: --rounds N, --requests N (a round), --copies N, --row NAME, --trace (print every crossing of one request).
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findEnvoy, startEnvoyProcess, type RunningEnvoy } from "@sluice/host";
import { benchConfig, type BenchListener, measure, wasmFilter } from "@sluice/host/measure";
import { ROWS, type Row } from "./filters/rows.ts";
import { printRow, type Line } from "./filters/report.ts";
import { countCrossings } from "./kit/crossings.ts";
import { peerModule, type PeerName } from "./kit/peers.ts";

const options = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    requests: { type: "string", default: "320" },
    copies: { type: "string", default: "5" },
    row: { type: "string" },
    trace: { type: "boolean", default: false },
  },
}).values;

/** So many of the filter one after another: what one costs is small beside how much a request without any varies. */
const COPIES = Number(options.copies);
const copiesOf = (row: Row): number => row.copies ?? COPIES;
const FIRST_PORT = 21_050;
const CONNECTIONS = 8;
const PEERS: readonly { readonly peer: PeerName; readonly title: string }[] = [
  { peer: "raw", title: "Wasm by hand on the bare ABI" },
  { peer: "ours", title: "ours" },
  { peer: "gcore", title: "@gcoredev/proxy-wasm-sdk-as" },
  { peer: "solo", title: "@solo-io/proxy-runtime" },
];

/** One way of doing a row's work. */
interface Way {
  readonly title: string;
  readonly filters: readonly object[];
  readonly file?: string;
}

const binary = await findEnvoy({ log: console.log });
if (binary.kind !== "binary") throw new Error("the bench needs Envoy as a binary: set SLUICE_ENVOY to one");
const results: Record<string, readonly Line[]> = {};
for (const row of ROWS.filter(({ filter }) => options.row === undefined || options.row === filter)) {
  results[row.filter] = await benchRow(row, binary.path);
}
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "filters.json"), `${JSON.stringify(results, null, 2)}\n`);

async function benchRow(row: Row, path: string): Promise<readonly Line[]> {
  const ways = await waysOf(row);
  const listeners: readonly BenchListener[] = ways.map(({ title, filters }, index) => ({
    name: title,
    port: FIRST_PORT + index,
    filters: [...Array.from({ length: copiesOf(row) }, () => filters).flat(), ...row.behind],
  }));
  const logs = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const envoy = await startEnvoyProcess({
    binary: path,
    config: benchConfig(listeners, {}),
    logFile: join(logs, "envoy.log"),
    concurrency: 1,
  });
  try {
    await envoy.waitUntilReady({ timeoutMs: 20_000 });
    const lines = await measureWays(row, ways, envoy);
    printRow(row.title, lines, copiesOf(row), loadavg()[0] ?? 0);
    return lines;
  } finally {
    await envoy.stop();
    rmSync(logs, { recursive: true, force: true });
  }
}

async function waysOf(row: Row): Promise<readonly Way[]> {
  const ways: Way[] = [{ title: "no filter", filters: [] }];
  if (row.native) ways.push({ title: "Envoy's own filters", filters: row.native });
  ways.push({ title: "Lua", filters: [row.lua] });
  for (const { peer, filter, title } of [...row.more, ...PEERS.map((each) => ({ ...each, filter: row.filter }))]) {
    const module = await peerModule(peer, filter);
    if (typeof module === "string") console.log(`left out: ${title}, ${filter}: ${module}`);
    else {
      const filters = [wasmFilter(`${peer}.${filter}`, module.file, new Uint8Array(), "bench")];
      ways.push({ title, filters, file: module.file });
    }
  }
  return ways;
}

async function measureWays(row: Row, ways: readonly Way[], envoy: RunningEnvoy): Promise<readonly Line[]> {
  if (envoy.pid === undefined) throw new Error("the bench measures a process, and this Envoy tells no pid");
  const variants = ways.map(({ title }, index) => ({
    name: title,
    send: (share: { requests: number; connections: number }) =>
      row.send(FIRST_PORT + index, share.requests, share.connections),
  }));
  const measured = await measure(variants, {
    pid: envoy.pid,
    rounds: Number(options.rounds),
    requestsPerRound: Math.round(Number(options.requests) * row.share),
    connections: CONNECTIONS,
  });
  const lines: Line[] = [];
  for (const [index, { file }] of ways.entries()) {
    const figures = measured[index];
    if (figures === undefined) continue;
    const crossings = await countCrossings(envoy, () => row.send(FIRST_PORT + index, 1, 1));
    if (options.trace && file) console.log(figures.name, crossings);
    const copies = copiesOf(row);
    const calls = file ? { intoVm: crossings.intoVm.length / copies, toHost: crossings.toHost.length / copies } : {};
    lines.push({
      ...figures,
      added: figures.added / copies,
      ...calls,
      ...(file ? { bytes: statSync(file).size } : {}),
    });
  }
  return lines;
}
