import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "../error.ts";
import { findEnvoy } from "../envoy/find.ts";
import { ownedFolder } from "../envoy/owned-folder.ts";
import { startEnvoyProcess } from "../envoy/process.ts";
import type { RunningEnvoy } from "../envoy/running.ts";
import { sendReal } from "./client.ts";
import { serveGrpcScripted } from "./grpc-server.ts";
import { LOG_FORMAT, LogLines, type ModuleLine, moduleLine } from "./log-lines.ts";
import { type Got, type Observation, REFUSED, type Seen } from "./observation.ts";
import { readMetrics, growth } from "./metrics.ts";
import { bootstrap, cluster, listener, type ListenerPlan, resourceFile } from "./resources.ts";
import { AFTER_START_MS, inOrder, namedFilters, type Scenario, type ScenarioFilter } from "./scenario.ts";
import { type ScriptedServer, serveScripted } from "./servers.ts";

const POLL_MS = 15;
const PATIENCE_MS = 30_000;
/** More at once, and Envoy's main thread answers nothing for seconds. */
const AT_ONCE = 40;
/** After a request's connection is gone, what the worker still logs of it. */
const SETTLE_MS = 15;

/** A scenario that has its listener. */
interface Prepared {
  readonly scenario: Scenario;
  readonly filters: readonly ScenarioFilter[];
  readonly plan: ListenerPlan;
  readonly seen: Seen[];
  /** undefined when Envoy has refused the configuration. */
  port: number | undefined;
}

/**
 * A real Envoy in which scenarios run: each has a listener, an upstream and its own VMs; clusters of one name must be one
 * and the same function, or be in another Envoy.
 */
export class DifferentialEnvoy {
  readonly #envoy: RunningEnvoy;
  readonly #folder: string;
  readonly #log: LogLines;
  readonly #lines: ModuleLine[] = [];
  readonly #refused = new Set<string>();
  readonly #servers: ScriptedServer[] = [];
  readonly #clusters = new Map<string, { readonly script: unknown; readonly resource: object }>();
  /** The scenarios whose listeners Envoy has been given. */
  readonly #asked = new Set<string>();
  readonly #prepared = new Map<string, Prepared>();

  /** @private made by `startDifferentialEnvoy()` */
  constructor(envoy: RunningEnvoy, folder: string) {
    this.#envoy = envoy;
    this.#folder = folder;
    this.#log = new LogLines(logFileIn(folder));
  }

  /** Whether a scenario's clusters can be beside those that are there. */
  fits(scenario: Scenario): boolean {
    const scripts = Object.entries({ ...scenario.clusters, ...scenario.grpc });
    return scripts.every(([name, script]) => (this.#clusters.get(name)?.script ?? script) === script);
  }

  /** Gives scenarios their listeners, all at once. @param scenarios by a key: letters, digits, dots and dashes */
  async prepare(scenarios: ReadonlyMap<string, Scenario>): Promise<void> {
    for (const [key, scenario] of scenarios) await this.#plan(key, scenario);
    await this.#put(
      "cluster",
      [...this.#clusters.values()].map(({ resource }) => resource),
    );
    const keys = [...scenarios.keys()];
    while (keys.length > 0) await this.#open(keys.splice(0, AT_ONCE));
    await sleep(AFTER_START_MS);
  }

  /** Adds listeners and waits until Envoy has taken or refused each. */
  async #open(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#asked.add(key);
    const plans = [...this.#prepared].filter(([key]) => this.#asked.has(key)).map(([, { plan }]) => listener(plan));
    await this.#put("listener", plans);
    const deadline = performance.now() + PATIENCE_MS;
    // While it makes VMs, its admin interface may be late.
    while (!(await this.#ready(keys).catch(() => false))) {
      if (performance.now() > deadline) {
        const missing = keys.filter((key) => this.#prepared.get(key)?.port === undefined).join(", ");
        throw new HostError("envoy_start", `these listeners did not come up: ${missing}`);
      }
      await sleep(POLL_MS);
    }
  }

  /**
   * Runs a prepared scenario, or other requests through its filters. Several may run at once if their modules' metrics have
   * different names.
   */
  async play(key: string, requests = this.#prepared.get(key)?.scenario.requests ?? []): Promise<Observation> {
    const prepared = this.#prepared.get(key);
    if (prepared === undefined) throw new HostError("use", `no scenario "${key}" was prepared`);
    const { scenario, filters, port, seen } = prepared;
    if (port === undefined) return REFUSED;
    this.#readLog();
    const numbers = new Map(
      filters.flatMap((filter, index) => prefixesOf(filter).map((prefix) => [prefix, index] as const)),
    );
    const start = this.#lines.length;
    seen.length = 0;
    const before = await readMetrics(this.#envoy.admin);
    const responses: Got[] = [];
    for (const request of requests) {
      responses.push(await sendReal(port, request));
      await this.#quiet(key);
      await sleep(request.afterMs ?? 0);
    }
    await sleep(SETTLE_MS);
    this.#readLog();
    const logs = this.#lines
      .slice(start)
      .filter(
        ({ from, level }) => numbers.has(from) && (scenario.logLevel !== "info" || !["trace", "debug"].includes(level)),
      )
      .map(({ from, level, text }) => `${numbers.get(from) ?? "?"} ${level} ${text}`);
    const metrics = growth(before, await readMetrics(this.#envoy.admin));
    return { refused: false, logs: inOrder(scenario, logs), responses, upstream: [...seen], metrics };
  }

  /** Envoy's whole log, for a test that failed. */
  logs(): string {
    return this.#envoy.logs();
  }

  async stop(): Promise<void> {
    await this.#envoy.stop({ graceMs: 500 });
    for (const server of this.#servers) server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #plan(key: string, scenario: Scenario): Promise<void> {
    for (const [name, script] of Object.entries(scenario.clusters ?? {})) {
      await this.#cluster(name, script, "http1", async () => await serveScripted(name, script));
    }
    for (const [name, script] of Object.entries(scenario.grpc ?? {})) {
      await this.#cluster(name, script, "http2", async () => await serveGrpcScripted(script));
    }
    const seen: Seen[] = [];
    const upstream = `upstream-${key}`;
    const script = scenario.upstream ?? (() => ({ body: "hi" }));
    await this.#cluster(
      upstream,
      key,
      "http1",
      async () => await serveScripted(upstream, script, (one) => seen.push(one)),
    );
    const filters = namedFilters(scenario, key);
    const files = await Promise.all(
      filters.map(async ({ wasm, ...rest }) => ({ ...rest, file: await this.#module(wasm) })),
    );
    const plan = { key, upstream, bufferLimit: scenario.bufferLimit, filters: files };
    this.#prepared.set(key, { scenario, filters, plan, seen, port: undefined });
  }

  async #cluster(
    name: string,
    script: unknown,
    protocol: "http1" | "http2",
    serve: () => Promise<ScriptedServer>,
  ): Promise<void> {
    if (this.#clusters.has(name)) return;
    const server = await serve();
    this.#servers.push(server);
    this.#clusters.set(name, { script, resource: cluster(name, server.port, protocol) });
  }

  async #module(wasm: Uint8Array): Promise<string> {
    const path = join(this.#folder, `${createHash("sha256").update(wasm).digest("hex").slice(0, 16)}.wasm`);
    await writeFile(path, wasm);
    return path;
  }

  /** Envoy notices a file that is moved to its place. */
  async #put(type: "listener" | "cluster", resources: readonly object[]): Promise<void> {
    const path = fileIn(this.#folder, type);
    await writeFile(`${path}.new`, JSON.stringify(resourceFile(type, resources)));
    await rename(`${path}.new`, path);
  }

  async #ready(keys: readonly string[]): Promise<boolean> {
    this.#readLog();
    for (const { name, port } of await this.#envoy.admin.listeners()) {
      const prepared = this.#prepared.get(name);
      if (prepared !== undefined) prepared.port = port;
    }
    return keys.every((key) => this.#prepared.get(key)?.port !== undefined || this.#refused.has(key));
  }

  /** Waits until all connections of a listener are gone, and with them their streams. */
  async #quiet(key: string): Promise<void> {
    const name = `http.${key}.downstream_cx_active`;
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const stats = await this.#envoy.admin.stats(`^${name.replaceAll(".", String.raw`\.`)}$`);
      if ((stats.get(name) ?? 0) === 0) return;
      await sleep(POLL_MS);
    }
  }

  #readLog(): void {
    for (const line of this.#log.take()) {
      const said = moduleLine(line);
      if (said !== undefined) this.#lines.push(said);
      const refused = REJECTED.exec(line)?.[1];
      if (refused !== undefined) this.#refused.add(refused);
    }
  }
}

/** As Envoy says that it does not take a listener. */
const REJECTED = /lds: listener \\?'(\S+?)\\?' config rejected/;

/** As Envoy puts it before what a module logs, of a stream and of the plugin itself. */
function prefixesOf({ name = "", rootId = "", vmId = "" }: ScenarioFilter): readonly string[] {
  return [
    [name, rootId, vmId],
    [rootId, vmId],
  ].map((parts) => parts.filter((part) => part !== "").join(" "));
}

function fileIn(folder: string, type: "listener" | "cluster"): string {
  return join(folder, `${type}s.json`);
}

function logFileIn(folder: string): string {
  return join(folder, "envoy.log");
}

/** Starts an Envoy for scenarios. Rejects with HostError `envoy_start` where this machine has none and can't fetch one. */
export async function startDifferentialEnvoy(): Promise<DifferentialEnvoy> {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    throw new HostError(
      "envoy_start",
      found.kind === "problem" ? found.message : "differential tests need an Envoy binary, not an image",
    );
  }
  const folder = await ownedFolder("sluice-differential-");
  await Promise.all(
    (["listener", "cluster"] as const).map((type) =>
      writeFile(fileIn(folder, type), JSON.stringify(resourceFile(type, []))),
    ),
  );
  const envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(fileIn(folder, "listener"), fileIn(folder, "cluster")),
    logFile: logFileIn(folder),
    args: [...LOG_FORMAT, "--component-log-level", "wasm:trace"],
    name: "differential",
  });
  return new DifferentialEnvoy(envoy, folder);
}
