/**
 * What a request costs in Envoy's worker thread: without filters, with our policies, and with Envoy's own filters that do
 * the same. Prints a table; compare only figures of one run. Options: --rounds N, --requests N (a round).
 */
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import {
  base64,
  benchConfig,
  type BenchListener,
  measure,
  type Measured,
  sendLoad,
  type Variant,
  wasmFilter,
} from "@sluice/host/measure";
import {
  compileAuthorization,
  compileFault,
  compileHeaders,
  compileTelemetry,
} from "../controlplane/src/policy/index.ts";
import { policyFor } from "./kit/policies.ts";
import { nativeAuthorization, nativeFault, nativeHeaders } from "./kit/native.ts";

const options = parseArgs({
  options: { rounds: { type: "string", default: "40" }, requests: { type: "string", default: "2000" } },
}).values;

const modules = join(import.meta.dirname, "..", ".build", "filters");
const policies = [
  policyFor("DENY", "deny", { paths: [{ kind: "prefix", value: "/admin" }] }),
  policyFor("ALLOW", "allow", { methods: [{ kind: "exact", value: "GET" }] }),
];

const set = (key: string): { set: Record<string, string>; add: Record<string, string>; remove: string[] } => ({
  set: { [key]: "1" },
  add: {},
  remove: [],
});
const headers = compileHeaders({ request: set("x-bench-request"), response: set("x-bench-response") }, new Map());
const fault = compileFault({ delay: { perMillion: 1, fixedDelayMs: 1 } });
const route = {
  metadata: { filter_metadata: { sluice: { fault: base64(fault), headers: base64(headers ?? new Uint8Array()) } } },
};

const wasm = (name: string, configuration: Uint8Array = new Uint8Array()): object =>
  wasmFilter(name, join(modules, `${name}.wasm`), configuration);
const authorization = wasm("authorization", compileAuthorization(policies));
const telemetry = wasm("telemetry", compileTelemetry([]));

const listeners: readonly BenchListener[] = [
  { name: "none", port: 20701, filters: [] },
  {
    name: "native rbac + fault + header_mutation",
    port: 20702,
    filters: [...nativeAuthorization, nativeFault, nativeHeaders],
  },
  {
    name: "ours: authorization + fault + headers",
    port: 20703,
    filters: [authorization, wasm("fault"), wasm("headers")],
    route,
  },
  {
    name: "ours: all four, with telemetry",
    port: 20704,
    filters: [authorization, wasm("fault"), wasm("headers"), telemetry],
    route,
  },
  { name: "ours: authorization alone", port: 20705, filters: [authorization], route },
  { name: "ours: fault alone", port: 20706, filters: [wasm("fault")], route },
  { name: "ours: headers alone", port: 20707, filters: [wasm("headers")], route },
  { name: "ours: telemetry alone", port: 20708, filters: [telemetry], route },
];

const request =
  "GET /productpage?user=jason HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\naccept: */*\r\nx-request-id: 1\r\n\r\n";
const variants: readonly Variant[] = listeners.map(({ name, port }) => ({
  name,
  send: (share) => sendLoad({ port, request, expect: "HTTP/1.1 200", ...share }),
}));

const binary = await findEnvoy({ log: console.log });
if (binary.kind !== "binary") throw new Error("the bench needs Envoy as a binary: set SLUICE_ENVOY to one");
const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const envoy = await startEnvoyProcess({
  binary: binary.path,
  config: benchConfig(listeners, { SLUICE_PEER: "bench;bench;bench;v1;bench;v1;bench" }),
  logFile: join(folder, "envoy.log"),
  concurrency: 1,
});
try {
  await envoy.waitUntilReady({ timeoutMs: 10_000 });
  if (envoy.pid === undefined) throw new Error("the bench measures a process, and this Envoy tells no pid");
  const plan = {
    pid: envoy.pid,
    rounds: Number(options.rounds),
    requestsPerRound: Number(options.requests),
    connections: 8,
  };
  print(await measure(variants, plan));
} finally {
  await envoy.stop();
  rmSync(folder, { recursive: true, force: true });
}

function print(measured: readonly Measured[]): void {
  const base = measured[0]?.median ?? 0;
  const native = (measured[1]?.median ?? 0) - base;
  console.log(
    `\nCPU of Envoy's worker thread, us a request (median; quartiles), ${options.rounds} rounds of ${options.requests} requests`,
  );
  for (const { name, median, low, high } of measured) {
    const added = median - base;
    const ratio =
      name === "none" ? "" : `  added ${added.toFixed(1).padStart(5)}  ${(added / native).toFixed(2)} x native`;
    console.log(
      `  ${name.padEnd(42)} ${median.toFixed(1).padStart(6)}  (${low.toFixed(1)} .. ${high.toFixed(1)})${ratio}`,
    );
  }
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "requests.json"), `${JSON.stringify(measured, null, 2)}\n`);
}
