/**
 * What the xDS server costs. Three parts, all by default, or one by name:
 *
 * `endpoint`: CPU of one endpoint's change, once for the snapshot and once for each stream, at several sizes of the mesh.
 * `change`: a whole control plane over 1,000 services with 200 simulated Envoys (delta streams), each a process of its own:
 *   from the save of a file to the last ACK, and bytes, CPU and memory; for a change of endpoints, then of routes.
 * `storm`: 2,000 Envoys that connect at once, until all are in sync.
 *
 * Options: --services N, --streams N, --rounds N, --storm N.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { create } from "@bufbuild/protobuf";
import { buildSync } from "esbuild";
import { ClusterSchema } from "../controlplane/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../controlplane/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { buildSnapshots, emptySnapshotSet } from "../controlplane/src/snapshot/build.ts";
import { TYPE_URLS } from "../controlplane/src/snapshot/kinds.ts";
import type { Resource } from "../controlplane/src/snapshot/types.ts";
import { moduleNames } from "../controlplane/src/translate/index.ts";
import { step } from "../controlplane/src/xds/machine.ts";
import { createStream } from "../controlplane/src/xds/state.ts";
import type { StreamState } from "../controlplane/src/xds/state.ts";
import type { DiscoveryResponse } from "../controlplane/src/xds/types.ts";
import type { Order, Report, Usage } from "./kit/control-plane-process.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    services: { type: "string", default: "1000" },
    streams: { type: "string", default: "200" },
    rounds: { type: "string", default: "30" },
    storm: { type: "string", default: "2000" },
  },
});
const wanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);

if (wanted("endpoint")) for (const count of [100, 1000, 10_000]) endpointChange(count);
if (wanted("change")) await changeToAck(Number(options.services), Number(options.streams), Number(options.rounds));
if (wanted("storm")) await storm(100, Number(options.storm));

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function memory({ rss, heapUsed, external }: Usage): string {
  return `resident memory ${mb(rss)} (heap in use ${mb(heapUsed)}, buffers ${mb(external)})`;
}

/** Resources that stay the same objects between changes, as a translation that works by parts gives them. */
function endpointChange(count: number): void {
  const clusters = Array.from({ length: count }, (_, index) => cluster(`outbound|80||s${index}.bench.svc`));
  let endpoints = Array.from({ length: count }, (_, index) => endpoint(`outbound|80||s${index}.bench.svc`, 1));
  let set = buildSnapshots([{ proxy: "p", resources: [], shared: [clusters, endpoints] }], emptySnapshotSet);
  const snapshot = (): NonNullable<ReturnType<typeof set.byProxy.get>> => {
    const found = set.byProxy.get("p");
    if (found === undefined) throw new Error("the snapshot is missing");
    return found;
  };
  const streams = Array.from({ length: 50 }, () => connected(createStream(snapshot()), count));
  const build: number[] = [];
  const each: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    endpoints = endpoints.with(round, endpoint(`outbound|80||s${round}.bench.svc`, 2 + round));
    const started = performance.now();
    set = buildSnapshots([{ proxy: "p", resources: [], shared: [clusters, endpoints] }], set);
    build.push(performance.now() - started);
    const next = snapshot();
    // The first stream also pays for the comparison that the others use.
    for (const state of streams) {
      const before = performance.now();
      const { responses } = step(state, { type: "snapshot", snapshot: next, now: 0 });
      each.push((performance.now() - before) * 1000);
      if (responses.length !== 1 || responses[0]?.resources.length !== 1)
        throw new Error("more than the change was sent");
      acknowledge(state, responses);
    }
  }
  const figures = `snapshot ${quantile(build, 0.5).toFixed(2)} ms, each stream ${quantile(each, 0.5).toFixed(1)} µs (p99 ${quantile(each, 0.99).toFixed(0)})`;
  console.log(`one endpoint of ${count} services: ${figures}`);
}

function connected(state: StreamState, count: number): StreamState {
  const ask = (typeUrl: string, subscribe: readonly string[]): void => {
    const request = { typeUrl, subscribe, unsubscribe: [], initialVersions: {}, nonce: "" };
    acknowledge(state, step(state, { type: "request", request, now: 0 }).responses);
  };
  ask(TYPE_URLS.cluster, []);
  ask(
    TYPE_URLS.endpoint,
    Array.from({ length: count }, (_, index) => `outbound|80||s${index}.bench.svc`),
  );
  return state;
}

function acknowledge(state: StreamState, responses: readonly DiscoveryResponse[]): void {
  for (const { typeUrl, nonce } of responses) {
    const request = { typeUrl, subscribe: [], unsubscribe: [], initialVersions: {}, nonce };
    acknowledge(state, step(state, { type: "request", request, now: 0 }).responses);
  }
}

function cluster(name: string): Resource {
  return { kind: "cluster", name, schema: ClusterSchema, message: create(ClusterSchema, { name }), origins: [] };
}

function endpoint(clusterName: string, weight: number): Resource {
  const lbEndpoints = [{ loadBalancingWeight: weight }];
  const message = create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints }] });
  return { kind: "endpoint", name: clusterName, schema: ClusterLoadAssignmentSchema, message, origins: [] };
}

/** A control plane over a folder of its own, and the simulated Envoys of its proxies. */
interface Bench {
  readonly folder: string;
  readonly proxies: readonly string[];
  metric(name: string): Promise<number>;
  usage(): Promise<Usage>;
  /** CPU of the simulated Envoys, which share the machine with the server. */
  clientsCpuMs(): Promise<number>;
  /** Milliseconds from the moment at which the next change is seen to its last ACK. */
  applied(): Promise<number>;
  /** Connects them, and waits until each has been given everything. */
  connect(): Promise<void>;
  close(): void;
}

async function start(files: Readonly<Record<string, string>>): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const policy of moduleNames) writeFileSync(join(folder, `${policy}.wasm`), Buffer.from("\0asm\u0001\0\0\0"));
  // As `sluice up` starts it: most of what a control plane allocates is short-lived, and Node would give that 100 MB.
  const server = fork(bundled(folder), { execArgv: ["--max-semi-space-size=8", ...process.execArgv] });
  const children: ChildProcess[] = [server];
  const clients: ChildProcess[] = [];
  server.send({ folder } satisfies Order);
  const { xdsPort, httpPort, proxies } = await heard(server, "started");
  const get = async (path: string): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${httpPort}${path}`)).text();
  return {
    folder,
    proxies,
    async metric(name) {
      const lines = (await get("/metrics"))
        .split("\n")
        .filter((line) => line.startsWith(name) && !line.startsWith("#"));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    },
    async usage() {
      const answer = heard(server, "usage");
      server.send("usage" satisfies Order);
      return (await answer).usage;
    },
    async applied() {
      return (await heard(server, "applied")).milliseconds;
    },
    async clientsCpuMs() {
      const sums = await Promise.all(
        clients.map(async (client) => {
          client.send("usage");
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client's only message after it is in sync
          const [{ cpuMs }] = (await once(client, "message")) as [{ cpuMs: number }];
          return cpuMs;
        }),
      );
      return sums.reduce((sum, one) => sum + one, 0);
    },
    async connect() {
      const child = fork(join(import.meta.dirname, "kit", "xds-client.ts"), {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      children.push(child);
      clients.push(child);
      const [first = ""] = proxies;
      const answer = await get(`/proxies/${first}/resources?type=route`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the control plane's own answer
      const routes = (JSON.parse(answer) as { name: string }[]).map(({ name }) => name);
      child.send({ port: xdsPort, proxies: proxies.map((id) => ({ id, routes })) });
      await once(child, "message");
    },
    close() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function bundled(folder: string): string {
  const outfile = join(folder, "control-plane.mjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "kit", "control-plane-process.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    // Packages that are CommonJS ask for Node's modules.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

/** The next report of a type. Rejects if the process ends before that. */
async function heard<T extends Report["type"]>(from: ChildProcess, type: T): Promise<Extract<Report, { type: T }>> {
  return await new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`the control plane has ended before it was ${type}`));
    const onMessage = (message: Report): void => {
      if (message.type !== type) return;
      from.off("exit", onExit).off("message", onMessage);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- compared above
      resolve(message as Extract<Report, { type: T }>);
    };
    from.on("exit", onExit).on("message", onMessage);
  });
}

/** Services of one instance each behind 20 files, and clients: workloads that serve nothing. */
function meshOf(services: number, clients: number): Record<string, string> {
  const files: Record<string, string> = { "namespace.yaml": "" };
  for (let at = 0; at < services; at += 50) {
    const some = Array.from({ length: Math.min(50, services - at) }, (_, index) => service(at + index, 1));
    files[`services-${at}.yaml`] = some.join("---\n");
  }
  files["clients.yaml"] = Array.from({ length: clients }, (_, index) => clientOf(index)).join("---\n");
  return files;
}

function service(index: number, weight: number): string {
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: s${index}, namespace: bench }
spec:
  hosts: [s${index}.bench.svc.cluster.local]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  location: MESH_INTERNAL
  resolution: STATIC
  endpoints:
    - { address: 10.${index >> 8}.${index & 255}.1, weight: ${weight}, labels: { version: v1 } }
    - { address: 10.${index >> 8}.${index & 255}.2, weight: 1, labels: { version: v2 } }
`;
}

function route(index: number, seconds: number): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: s${index}, namespace: bench }
spec:
  hosts: [s${index}.bench.svc.cluster.local]
  http: [{ route: [{ destination: { host: s${index}.bench.svc.cluster.local } }], timeout: ${seconds}s }]
`;
}

function clientOf(index: number): string {
  return `apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: c${index}, namespace: bench }
spec: { address: 127.0.0.1, labels: { app: client } }
`;
}

async function changeToAck(services: number, streams: number, rounds: number): Promise<void> {
  const bench = await start(meshOf(services, streams));
  console.log(`${services} services read: ${memory(await bench.usage())}`);
  const connecting = performance.now();
  await bench.connect();
  const took = Math.round(performance.now() - connecting);
  console.log(`${streams} streams: in sync after ${took} ms, ${memory(await bench.usage())}`);
  await changes(bench, "endpoint", rounds, "services-0.yaml", (round) =>
    Array.from({ length: 50 }, (_, index) => service(index, index === round % 50 ? 2 + round : 1)).join("---\n"),
  );
  await changes(bench, "route", rounds, "routes.yaml", (round) => route(0, 1 + round));
  bench.close();
}

async function changes(
  bench: Bench,
  what: string,
  rounds: number,
  file: string,
  text: (round: number) => string,
): Promise<void> {
  const took: number[] = [];
  const pushesBefore = await bench.metric("pilot_xds_pushes");
  const bytesBefore = await bench.metric("sluice_xds_sent_bytes_total");
  const before = await bench.usage();
  const clientsBefore = await bench.clientsCpuMs();
  for (let round = 0; round < rounds; round += 1) {
    const applied = bench.applied();
    writeFileSync(join(bench.folder, file), text(round));
    took.push(await applied);
  }
  const after = await bench.usage();
  const clients = (await bench.clientsCpuMs()) - clientsBefore;
  const cpu = after.cpuMs - before.cpuMs;
  const pushes = (await bench.metric("pilot_xds_pushes")) - pushesBefore;
  const bytes = (await bench.metric("sluice_xds_sent_bytes_total")) - bytesBefore;
  const quiet = 50;
  const waited = took.map((each) => each - quiet);
  console.log(
    `  one ${what} changed, from the save to the last ACK without the debounce of ${quiet} ms: p50 ${quantile(waited, 0.5).toFixed(0)} ms, p99 ${quantile(waited, 0.99).toFixed(0)} ms`,
  );
  console.log(
    `    ${(pushes / rounds).toFixed(0)} pushes and ${(bytes / rounds / 1e3).toFixed(1)} kB a change; CPU ${(cpu / rounds).toFixed(0)} ms a change (and ${(clients / rounds).toFixed(0)} ms of the clients'), ${((cpu / pushes) * 1000).toFixed(0)} µs a push; ${memory(after)}`,
  );
}

async function storm(services: number, streams: number): Promise<void> {
  const bench = await start(meshOf(services, streams));
  const before = await bench.usage();
  const started = performance.now();
  await bench.connect();
  const seconds = (performance.now() - started) / 1000;
  const after = await bench.usage();
  console.log(
    `${streams} streams at once, ${services} services: all in sync after ${seconds.toFixed(1)} s, CPU ${((after.cpuMs - before.cpuMs) / 1000).toFixed(1)} s, ${memory(after)}`,
  );
  bench.close();
}
