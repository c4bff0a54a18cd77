/**
 * What a request costs in Envoy's worker thread: without filters, with our policies, with Envoy's own filters that do the
 * same, and with the same host calls by hand. Prints a table; compare only figures of one run. How often a request crosses
 * between Envoy and the VM is the same in all runs. Options: --rounds N, --requests N (a round).
 */
import { writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  base64,
  benchConfig,
  type BenchListener,
  type Measured,
  sendLoad,
  type Variant,
  wasmFilter,
} from "@sluice/host/measure";
import {
  bundlePrograms,
  compileAuthorization,
  compileFault,
  compileHeaders,
  compileTelemetry,
  type BundledPrograms,
} from "../controlplane/src/policy/index.ts";
import type { Crossings } from "./kit/crossings.ts";
import { crossingsInEnvoy, measureInEnvoy } from "./kit/in-envoy.ts";
import { peerModule } from "./kit/peers.ts";
import { policyFor } from "./kit/policies.ts";
import { nativeAuthorization, nativeFault, nativeHeaders } from "./kit/native.ts";

const options = parseArgs({
  options: { rounds: { type: "string", default: "40" }, requests: { type: "string", default: "2000" } },
}).values;

const module = join(import.meta.dirname, "..", ".build", "filters", "policies.wasm");
const authorization = compileAuthorization([
  policyFor("DENY", "deny", { paths: [{ kind: "prefix", value: "/admin" }] }),
  policyFor("ALLOW", "allow", { methods: [{ kind: "exact", value: "GET" }] }),
]);
const telemetry = compileTelemetry([], "CLIENT");
const set = (key: string): { set: Record<string, string>; add: Record<string, string>; remove: string[] } => ({
  set: { [key]: "1" },
  add: {},
  remove: [],
});
const headers = compileHeaders({ request: set("x-bench-request"), response: set("x-bench-response") }, new Map());
const answerHeaders = compileHeaders({ response: set("x-bench-response") }, new Map());
const fault = compileFault({ delay: { perMillion: 1, fixedDelayMs: 1 } });

/** One listener: the programs of its proxy, and those of its route. */
interface Way {
  readonly name: string;
  readonly proxy: BundledPrograms;
  readonly route: BundledPrograms;
}
const WAYS: readonly Way[] = [
  { name: "ours: authorization + fault + headers", proxy: { authorization }, route: { fault, headers } },
  { name: "ours: all four, with telemetry", proxy: { authorization, telemetry }, route: { fault, headers } },
  { name: "ours: no policy", proxy: {}, route: {} },
  { name: "ours: authorization alone", proxy: { authorization }, route: {} },
  { name: "ours: fault alone", proxy: {}, route: { fault } },
  { name: "ours: headers alone", proxy: {}, route: { headers } },
  { name: "ours: headers of the response alone", proxy: {}, route: { headers: answerHeaders } },
  { name: "ours: telemetry alone", proxy: { telemetry }, route: {} },
];

const byHand = await peerModule("raw", "four-policies");
if (typeof byHand === "string") throw new Error(byHand);
const allFour = { metadata: { filter_metadata: metadataOf(bundlePrograms({ fault, headers })) } };

const listeners: readonly BenchListener[] = [
  { name: "none", port: 20701, filters: [] },
  {
    name: "native rbac + fault + header_mutation",
    port: 20702,
    filters: [...nativeAuthorization, nativeFault, nativeHeaders],
  },
  ...WAYS.map(({ name, proxy, route }, index) => ({
    name,
    port: 20703 + index,
    filters: [wasmFilter(`bench-${index}`, module, bundlePrograms(proxy) ?? new Uint8Array())],
    route: { metadata: { filter_metadata: metadataOf(bundlePrograms(route)) } },
  })),
  {
    name: "by hand: the host calls of all four",
    port: 20703 + WAYS.length,
    filters: [wasmFilter("bench-by-hand", byHand.file, new Uint8Array())],
    route: allFour,
  },
];

function metadataOf(bundle: Uint8Array | undefined): object {
  return bundle === undefined ? {} : { sluice: { policies: base64(bundle) } };
}

const request =
  "GET /productpage?user=jason HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\naccept: */*\r\nx-request-id: 1\r\n\r\n";
const variants: readonly Variant[] = listeners.map(({ name, port }) => ({
  name,
  send: (share) => sendLoad({ port, request, expect: "HTTP/1.1 200", ...share }),
}));

const config = benchConfig(listeners, { SLUICE_PEER: "bench;bench;bench;v1;bench;v1;bench" });
print(await measureInEnvoy(config, variants, options), await crossingsInEnvoy(config, variants));

function print(measured: readonly Measured[], crossings: readonly Crossings[]): void {
  const base = measured[0]?.median ?? 0;
  const native = (measured[1]?.median ?? 0) - base;
  console.log(
    `\nCPU of Envoy's worker thread, us a request (median; quartiles), ${options.rounds} rounds of ${options.requests} requests`,
  );
  for (const [index, { name, median, low, high }] of measured.entries()) {
    const added = median - base;
    const ratio =
      name === "none" ? "" : `  added ${added.toFixed(1).padStart(5)}  ${(added / native).toFixed(2)} x native`;
    console.log(
      `  ${name.padEnd(42)} ${median.toFixed(1).padStart(6)}  (${low.toFixed(1)} .. ${high.toFixed(1)})${ratio}${told(crossings[index])}`,
    );
  }
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  const figures = measured.map((each, index) => ({ ...each, crossings: crossings[index] }));
  writeFileSync(join(results, "requests.json"), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Results are what is dear: for each Envoy asks the module for memory, and makes a list of what it may call meanwhile. */
function told(crossings: Crossings | undefined): string {
  const { intoVm = [], toHost = [] } = crossings ?? {};
  if (intoVm.length === 0) return "";
  const results = intoVm.filter((call) => call === "malloc" || call === "proxy_on_memory_allocate").length;
  return `  callbacks ${intoVm.length - results}, host calls ${toHost.length}, of them with a result ${results}`;
}
