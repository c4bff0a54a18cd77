import { HostError } from "../error.ts";
import { describeDifferences, differences } from "./compare.ts";
import { type DifferentialEnvoy, startDifferentialEnvoy } from "./envoy.ts";
import { runInProcess } from "./in-process.ts";
import type { Observation } from "./observation.ts";
import type { Scenario } from "./scenario.ts";
import { isDifferential } from "./switch.ts";

/** The Envoy of this process, started with the first scenario; it ends with the process. */
let running: Promise<DifferentialEnvoy> | undefined;
let lastKey = 0;
/** One after the other: metrics are Envoy's, not a scenario's. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Runs a scenario in the in-process host, and gives what came of it. With SLUICE_DIFFERENTIAL=1 (or `envoy: true`) it runs
 * in a real Envoy as well, and where the two differ, this rejects with HostError `differs`, which names each difference.
 */
export async function play(scenario: Scenario, options: { readonly envoy?: boolean } = {}): Promise<Observation> {
  lastKey += 1;
  const key = `s${lastKey}`;
  const inProcess = runInProcess(scenario, key);
  if (!(options.envoy ?? isDifferential())) return inProcess;
  const turn = queue.then(async () => await inEnvoy(scenario, key, inProcess));
  queue = turn.catch(() => {});
  const all = differences(inProcess, await turn);
  if (all.length > 0) throw new HostError("differs", describeDifferences(scenario.title ?? "scenario", all));
  return inProcess;
}

async function inEnvoy(scenario: Scenario, key: string, inProcess: Observation): Promise<Observation> {
  const envoy = await envoyFor(scenario);
  await envoy.prepare(new Map([[key, scenario]]));
  const real = await envoy.play(key);
  return { ...real, metrics: ofScenario(real.metrics, inProcess.metrics) };
}

/** Metrics that grew, or that this scenario's modules have: other scenarios' stay in Envoy, too. */
export function ofScenario(
  real: Readonly<Record<string, number>>,
  own: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(real).filter(([name]) => Object.hasOwn(own, name)));
}

/** The running Envoy, or another one when a cluster of the same name does something else now. */
export async function envoyFor(scenario: Scenario): Promise<DifferentialEnvoy> {
  const held = await running;
  if (held?.fits(scenario) === true) return held;
  await held?.stop();
  running = startDifferentialEnvoy();
  return await running;
}

/** Ends the Envoy that scenarios have run in; the next one starts another. Without it, it ends with the process. */
export async function stopEnvoy(): Promise<void> {
  const held = await running?.catch(() => undefined);
  running = undefined;
  await held?.stop();
}
