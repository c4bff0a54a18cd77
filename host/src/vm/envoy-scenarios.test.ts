import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEnvoyProcess } from "../envoy/process.ts";
import type { RunningEnvoy } from "../envoy/running.ts";
import { assemble } from "../fixtures/assemble.ts";
import { scenarioConfig } from "../fixtures/envoy-config.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { type Got, sendInProcess, sendReal } from "../fixtures/scenarios.ts";
import { scenarios, type Scenario } from "../fixtures/scenario-list.ts";
import { scriptedClusters, type Seen, startUpstreams, type Upstreams } from "../fixtures/upstreams.ts";
import { createHost } from "./host.ts";

// Each scenario runs in the in-process host and in a real Envoy; what its modules say, what the client gets and what the
// upstream sees must be the same. Envoy is the specification.

const PORT = 20600;
const ENDING = `export function proxy_on_delete(id: i32): void { say("DELETE"); }`;

interface Outcome {
  readonly said: readonly string[];
  readonly got: readonly Got[];
  readonly seen: readonly Seen[];
}

const binary = await envoyForTest(() => {}).catch((error: unknown) => {
  if (process.env["CI"] === "true") throw error;
  return undefined;
});
let envoy: RunningEnvoy;
let upstreams: Upstreams;
let folder: string | undefined;
const modules = new Map<string, Uint8Array<ArrayBuffer>[]>();

beforeAll(async () => {
  if (binary === undefined) return;
  folder = await mkdtemp(join(tmpdir(), "sluice-scenarios-"));
  for (const { name, filters } of scenarios) {
    modules.set(name, await Promise.all(filters.map((source) => assemble(source + ENDING))));
  }
  upstreams = await startUpstreams();
  const config = scenarioConfig(
    scenarios.map((scenario, index) => ({
      ...scenario,
      port: PORT + index,
      modules: modules.get(scenario.name) ?? [],
    })),
    upstreams.ports,
  );
  envoy = await startEnvoyProcess({ binary: binary?.path ?? "envoy", config, logFile: join(folder, "envoy.log") });
}, 90_000);

afterAll(async () => {
  await envoy?.stop();
  upstreams?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function inEnvoy(scenario: Scenario): Promise<Outcome> {
  const port = PORT + scenarios.indexOf(scenario);
  const got: Got[] = [];
  const lines = (): string[] => {
    // Modules are told apart by their root ids: the scenario's name, then a dot and the filter's number.
    const said = envoy.logs().matchAll(/ wasm log (\S+)\.(\d+)[^:]*: (.*)/g);
    return [...said].filter((match) => match[1] === scenario.name).map((match) => `${match[2]} ${match[3]}`);
  };
  const before = lines().length;
  for (const request of scenario.requests) got.push(await sendReal(port, request));
  const deletions = scenario.requests.length * scenario.filters.length - (scenario.lost ?? 0);
  for (let tries = 0; tries < 100 && count(lines().slice(before)) < deletions; tries++) await sleep(20);
  await sleep(scenario.afterMs ?? 0);
  return { said: lines().slice(before), got, seen: [...upstreams.seen] };
}

function count(lines: readonly string[]): number {
  return lines.filter((line) => line.endsWith(" DELETE")).length;
}

function inProcess(scenario: Scenario): Outcome {
  const host = createHost({ clusters: scriptedClusters, bufferLimit: scenario.bufferLimit ?? 1024 * 1024 });
  const plugins = (modules.get(scenario.name) ?? []).map((wasm, index) =>
    host.load(wasm, {
      rootId: `${scenario.name}.${index}`,
      vmId: scenario.name,
      configuration: scenario.name,
      allowOnHeadersStopIteration: scenario.stopsHeadersOnly ?? false,
      failurePolicy: scenario.failurePolicy ?? "closed",
    }),
  );
  const before = host.logs.length;
  const chain = host.chain(plugins);
  const sent = scenario.requests.map((request) => sendInProcess(host, chain, request));
  const said = host.logs.slice(before).filter((record) => record.source === "module");
  return {
    said: said.map(({ rootId, message }) => `${rootId.split(".").at(-1)} ${message}`),
    got: sent.map(({ got }) => got),
    seen: sent.flatMap(({ seen }) => seen ?? []),
  };
}

describe.skipIf(binary === undefined)("the host and a real Envoy agree", () => {
  test.each(scenarios.map((scenario) => [scenario.title, scenario] as const))(
    "%s",
    { timeout: 30_000, retry: 2 },
    async (_, scenario) => {
      upstreams.seen.length = 0;
      const real = await inEnvoy(scenario);
      expect(inProcess(scenario)).toEqual(real);
    },
  );
});
