import { checkBytes } from "./check-bytes.ts";
import { isError } from "./finding.ts";
import type { Finding, Rule } from "./finding.ts";

/** What came of a check. */
export interface CheckReport {
  /** No finding is an error: Envoy loads the module, and keeps it. */
  readonly ok: boolean;
  /** Errors first. */
  readonly findings: readonly Finding[];
  /** False when there was no trial run: what does not link is not run, nor what only Envoy links. */
  readonly tried: boolean;
}

/** What the in-process host does not do, and Envoy does. */
const ENVOY_ONLY: ReadonlySet<Rule> = new Set(["import-memory", "export-memory"]);

/** The checks of the bytes, and behind them a trial as the caller runs it. */
export async function checkBy(
  bytes: Uint8Array<ArrayBuffer>,
  tryIt: () => Finding[] | Promise<Finding[]>,
): Promise<CheckReport> {
  const still = checkBytes(bytes);
  if (still.some(isError)) return { ok: false, findings: still, tried: false };
  if (still.some(({ rule }) => ENVOY_ONLY.has(rule))) return { ok: true, findings: still, tried: false };
  const tried = await tryIt();
  // What a trial has seen says more than what the bytes made likely.
  const likely = still.filter(({ rule }) => !tried.some((found) => found.rule === rule));
  const findings = [...tried, ...likely];
  return { ok: !findings.some(isError), findings, tried: true };
}
