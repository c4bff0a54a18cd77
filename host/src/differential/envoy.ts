import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { findEnvoy } from "../envoy/find.ts";
import { ownedFolder } from "../envoy/owned-folder.ts";
import { startEnvoyProcess } from "../envoy/process.ts";
import type { RunningEnvoy } from "../envoy/running.ts";
import { HostError } from "../error.ts";
import { sendReal } from "./client.ts";
import { EnvoyBackends } from "./envoy-backends.ts";
import { EnvoyFiles } from "./envoy-files.ts";
import { EnvoyLog } from "./envoy-log.ts";
import { LOG_FORMAT } from "./log-lines.ts";
import { growth, readMetrics } from "./metrics.ts";
import { type Got, type Observation, REFUSED, type Seen } from "./observation.ts";
import { bootstrap, listener, type ListenerPlan } from "./resources.ts";
import { AFTER_START_MS, inOrder, namedFilters, type Scenario, type ScenarioFilter } from "./scenario.ts";

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
  readonly #files: EnvoyFiles;
  readonly #log: EnvoyLog;
  readonly #backends = new EnvoyBackends();
  /** The scenarios whose listeners Envoy has been given. */
  readonly #asked = new Set<string>();
  readonly #prepared = new Map<string, Prepared>();

  /** @private made by `startDifferentialEnvoy()` */
  constructor(envoy: RunningEnvoy, files: EnvoyFiles) {
    this.#envoy = envoy;
    this.#files = files;
    this.#log = new EnvoyLog(files.log);
  }

  /** Whether a scenario's clusters can be beside those that are there. */
  fits(scenario: Scenario): boolean {
    return this.#backends.fits(scenario);
  }

  /** Gives scenarios their listeners, all at once. @param scenarios by a key: letters, digits, dots and dashes */
  async prepare(scenarios: ReadonlyMap<string, Scenario>): Promise<void> {
    for (const [key, scenario] of scenarios) await this.#plan(key, scenario);
    await this.#files.put("cluster", this.#backends.resources);
    const keys = [...scenarios.keys()];
    while (keys.length > 0) await this.#open(keys.splice(0, AT_ONCE));
    await sleep(AFTER_START_MS);
  }

  /** Adds listeners and waits until Envoy has taken or refused each. */
  async #open(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#asked.add(key);
    const plans = [...this.#prepared].filter(([key]) => this.#asked.has(key)).map(([, { plan }]) => listener(plan));
    await this.#files.put("listener", plans);
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
    const start = this.#log.length;
    seen.length = 0;
    const before = await readMetrics(this.#envoy.admin);
    const responses: Got[] = [];
    for (const request of requests) {
      responses.push(await sendReal(port, request));
      await this.#quiet(key);
      await sleep(request.afterMs ?? 0);
    }
    await sleep(SETTLE_MS);
    const isKept = (level: string): boolean => scenario.logLevel !== "info" || !["trace", "debug"].includes(level);
    const logs = this.#log.since(start, filters, isKept);
    const metrics = growth(before, await readMetrics(this.#envoy.admin));
    return { refused: false, logs: inOrder(scenario, logs), responses, upstream: [...seen], metrics };
  }

  /** Envoy's whole log, for a test that failed. */
  logs(): string {
    return this.#envoy.logs();
  }

  async stop(): Promise<void> {
    await this.#envoy.stop({ graceMs: 500 });
    this.#backends.close();
    await rm(this.#files.folder, { recursive: true, force: true });
  }

  async #plan(key: string, scenario: Scenario): Promise<void> {
    const seen: Seen[] = [];
    const upstream = await this.#backends.add(key, scenario, (request) => seen.push(request));
    const filters = namedFilters(scenario, key);
    const files = await Promise.all(
      filters.map(async ({ wasm, ...rest }) => ({ ...rest, file: await this.#files.module(wasm) })),
    );
    const plan = { key, upstream, bufferLimit: scenario.bufferLimit, filters: files };
    this.#prepared.set(key, { scenario, filters, plan, seen, port: undefined });
  }

  async #ready(keys: readonly string[]): Promise<boolean> {
    for (const { name, port } of await this.#envoy.admin.listeners()) {
      const prepared = this.#prepared.get(name);
      if (prepared !== undefined) prepared.port = port;
    }
    return keys.every((key) => this.#prepared.get(key)?.port !== undefined || this.#log.refused(key));
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
  const files = new EnvoyFiles(await ownedFolder("sluice-differential-"));
  await Promise.all([files.put("listener", []), files.put("cluster", [])]);
  const envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(files.path("listener"), files.path("cluster")),
    logFile: files.log,
    args: [...LOG_FORMAT, "--component-log-level", "wasm:trace"],
    name: "differential",
  });
  return new DifferentialEnvoy(envoy, files);
}
