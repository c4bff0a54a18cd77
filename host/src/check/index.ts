/**
 * `@sluice/host/check`: does Envoy load a module, and if not, why.
 * @example
 * const report = await checkModule(await readFile("filter.wasm"));
 * for (const { severity, message, fix } of report.findings) console.log(severity, message, fix);
 */
import { checkBy } from "./check-by.ts";
import type { CheckReport } from "./check-by.ts";
import { runTrial } from "./run-trial.ts";
import type { TrialLimits } from "./run-trial.ts";

export { abiVersion } from "./check-abi.ts";
export type { CheckReport } from "./check-by.ts";
export { checkBytes } from "./check-bytes.ts";
export { RULES } from "./finding.ts";
export type { Finding, Rule } from "./finding.ts";
export type { TrialLimits } from "./run-trial.ts";
export { validateInEnvoy } from "./validate-in-envoy.ts";
export type { EnvoyVerdict } from "./validate-in-envoy.ts";

/** All checks: what the bytes tell, and a trial run under limits for a module that links. */
export function checkModule(bytes: Uint8Array<ArrayBuffer>, limits: TrialLimits = {}): Promise<CheckReport> {
  return checkBy(bytes, () => runTrial(bytes, limits));
}
