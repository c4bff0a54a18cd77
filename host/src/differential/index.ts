/**
 * Differential tests: one scenario, a value, runs in the in-process host and in a real Envoy, and whatever the two tell
 * differently is reported: responses, what the upstream sees, logs, metrics.
 * @example
 * const { responses } = await play({ filters: [{ wasm }], requests: [{ path: "/admin" }] });
 * expect(responses[0]?.status).toBe(403);
 */
export { describeDifferences, type Difference, differences } from "./compare.ts";
export { type DifferentialEnvoy, startDifferentialEnvoy } from "./envoy.ts";
export { runInProcess } from "./in-process.ts";
export type { Got, Observation, Seen } from "./observation.ts";
export { play, stopEnvoy } from "./play.ts";
export { isDifferential } from "./switch.ts";
export type { Scenario, ScenarioFilter, ScenarioRequest, UpstreamOutcome } from "./scenario.ts";
