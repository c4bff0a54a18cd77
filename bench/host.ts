/**
 * What a case of a filter's test costs in the in-process host: the authorization filter, 1,000 cases, each with a request
 * that is allowed or denied and a check of the answer. Once with a host and a VM for each case, once with one for all; and
 * the same case through a real Envoy, one request at a time. Fails when 1,000 cases take a second or more.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost, findEnvoy, type Plugin, startEnvoyProcess } from "@sluice/host";
import { benchConfig, wasmFilter } from "@sluice/host/measure";
import { compileAuthorization } from "../controlplane/src/policy/index.ts";
import { policyFor } from "./kit/policies.ts";

const CASES = 1000;
/** More for the host: Node compiles it while it runs, which Envoy has behind it. */
const ROUNDS = { host: 60, envoy: 15 } as const;
const GOAL_MS = 1000;
const GOAL_TIMES = 20;
const PORT = 18_490;

const policy = policyFor("DENY", "admin", { paths: [{ kind: "prefix", value: "/admin" }] });

const configuration = compileAuthorization([policy]) ?? new Uint8Array(0);
const file = join(import.meta.dirname, "..", ".build", "filters", "authorization.wasm");
const wasm = new Uint8Array(readFileSync(file));

/** One case as a filter's test has it: a request, and what must come of it. */
function check(plugin: Plugin, index: number): void {
  const denied = index % 2 === 0;
  const stream = plugin.stream({
    requestHeaders: [
      [":method", "GET"],
      [":path", denied ? "/admin/users" : "/reviews/1"],
      [":authority", "reviews:9080"],
      ["user-agent", "bench"],
    ],
  });
  const { localReply } = stream.requestHeaders();
  if ((localReply?.status === 403) !== denied) throw new Error(`case ${index} has the wrong answer`);
  stream.complete();
}

function fresh(): void {
  for (let index = 0; index < CASES; index++) check(createHost().load(wasm, { configuration }), index);
}

function shared(): void {
  const plugin = createHost().load(wasm, { configuration });
  for (let index = 0; index < CASES; index++) check(plugin, index);
}

/** The best time of `CASES` cases in milliseconds, after a round that warms up: others on the machine only add to it. */
async function measure(run: () => void | Promise<void>, rounds: number): Promise<number> {
  await run();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

async function throughEnvoy(): Promise<number | undefined> {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-host-"));
  const filter = wasmFilter("authorization", file, configuration);
  const config = benchConfig([{ name: "authorization", port: PORT, filters: [filter] }], {});
  const envoy = await startEnvoyProcess({ binary: found.path, config, logFile: join(folder, "envoy.log") });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    return await measure(async () => {
      for (let index = 0; index < CASES; index++) await send(agent, index % 2 === 0 ? "/admin/users" : "/reviews/1");
    }, ROUNDS.envoy);
  } finally {
    agent.destroy();
    await envoy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function send(agent: Agent, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: "127.0.0.1", port: PORT, path, agent }, (response) => {
      response.resume().once("end", resolve);
    })
      .once("error", reject)
      .end();
  });
}

const freshMs = await measure(fresh, 15);
const sharedMs = await measure(shared, ROUNDS.host);
const envoyMs = await throughEnvoy();
const row = (name: string, ms: number): void => {
  console.log(
    `${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms ${((ms / CASES) * 1000).toFixed(1).padStart(8)} us a case`,
  );
};
console.log(`${CASES} cases of the authorization filter's test, the best round`);
row("a host and a VM for each case", freshMs);
row("one VM for all cases", sharedMs);
if (envoyMs === undefined) console.log("no Envoy binary here: not compared");
else row("through Envoy, one after another", envoyMs);
if (freshMs >= GOAL_MS || sharedMs >= GOAL_MS) throw new Error(`the goal is under ${GOAL_MS} ms`);
if (envoyMs !== undefined) {
  console.log(`${(envoyMs / sharedMs).toFixed(0)} times as fast as through Envoy; the goal is ${GOAL_TIMES}`);
}
