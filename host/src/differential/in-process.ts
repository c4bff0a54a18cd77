import { LogLevel, nameOf } from "../abi/numbers.ts";
import type { PropertyTree } from "../abi/property.ts";
import { HostError } from "../error.ts";
import { createHost, type Host, type HostOptions } from "../vm/host.ts";
import type { Plugin } from "../vm/plugin.ts";
import { counts, growthOf } from "./in-process-metrics.ts";
import { send } from "./in-process-request.ts";
import { type Observation, REFUSED } from "./observation.ts";
import { AFTER_START_MS, inOrder, namedFilters, type Scenario, type ScenarioFilter } from "./scenario.ts";

/** Runs a scenario in the in-process host. Never throws for what a module does. */
export function runInProcess(
  scenario: Scenario,
  key = "scenario",
  options: Pick<HostOptions, "profile" | "deviations"> = {},
): Observation {
  const host = createHost({
    ...options,
    clusters: scenario.clusters ?? {},
    grpc: scenario.grpc ?? {},
    properties: envoyProperties(key),
    bufferLimit: scenario.bufferLimit ?? 1024 * 1024,
    logLevel: scenario.logLevel === "info" ? LogLevel.Info : LogLevel.Trace,
  });
  const filters = namedFilters(scenario, key);
  const plugins = loadAll(host, filters);
  if (plugins === undefined) return REFUSED;
  // What they began while they were configured is over when the first request comes.
  host.advance(AFTER_START_MS);
  const names = new Map(filters.map(({ name }, index) => [name, index]));
  const before = { logs: host.logs.length, metrics: counts(host.metrics) };
  const chain = host.chain(plugins);
  const sent = scenario.requests.map((request) => send(host, chain, request, scenario.upstream));
  return {
    refused: false,
    logs: inOrder(
      scenario,
      host.logs
        .slice(before.logs)
        .filter((record) => record.source === "module" && names.has(record.plugin))
        .map(
          (record) =>
            `${names.get(record.plugin) ?? "?"} ${nameOf(LogLevel, record.level).toLowerCase()} ${record.message}`,
        ),
    ),
    responses: sent.map(({ got }) => got),
    upstream: sent.flatMap(({ seen }) => seen ?? []),
    metrics: growthOf(before.metrics, host.metrics),
  };
}

/** What the Envoy of a real run tells of itself. */
function envoyProperties(key: string): PropertyTree {
  const node = { id: "differential", cluster: "differential" };
  const places = { route_name: "", virtual_host_name: "all", cluster_name: `upstream-${key}`, listener_direction: 0 };
  return { xds: { ...places, node, cluster_metadata: new Uint8Array(0) } };
}

/** The plugins; undefined when one is no module for a proxy, or refuses its configuration. */
function loadAll(host: Host, filters: readonly ScenarioFilter[]): readonly Plugin[] | undefined {
  try {
    const plugins = filters.map(({ wasm, ...options }) => host.load(wasm, options));
    return plugins.some((plugin) => plugin.problem !== undefined) ? undefined : plugins;
  } catch (error) {
    if (error instanceof HostError && (error.code === "module" || error.code === "import")) return undefined;
    throw error;
  }
}
