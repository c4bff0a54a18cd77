import { RULES } from "@sluice/host/check";
import type { CheckReport } from "@sluice/host/check";
import type { EnvoyVerdict } from "@sluice/host/check";
import type { Style } from "./style.ts";

/** With the word of a real Envoy, where one was asked. */
export interface FullReport extends CheckReport {
  readonly envoy: EnvoyVerdict | null;
}

/** The verdict, and below it each finding with the way out. */
export function formatCheck(file: string, report: FullReport, style: Style): string {
  const looked = `${Object.keys(RULES).length} checks${report.tried ? ", a trial run among them" : "; no trial run before the errors are gone"}`;
  const verdict = report.ok
    ? `${style.good("✓")} ${file}: Envoy loads it ${style.faint(`(${looked})`)}`
    : `${style.bad("✗")} ${file}: Envoy does not run it ${style.faint(`(${looked})`)}`;
  const findings = report.findings.map(({ severity, rule, message, fix }) => {
    const mark = severity === "error" ? style.bad("error") : style.doubtful("warning");
    const lines = [`${mark} ${style.faint(rule)} ${message}`, ...(fix === undefined ? [] : [`fix: ${fix}`])];
    return lines.join("\n").replaceAll(/^/gm, "  ").replaceAll("\n", "\n  ");
  });
  return [verdict, ...findings, ...formatVerdict(report.envoy, style)].join("\n");
}

function formatVerdict(envoy: EnvoyVerdict | null, style: Style): string[] {
  if (envoy === null) return [];
  if (envoy.accepted) return [`  ${style.good("✓")} a real Envoy has loaded and configured it`];
  return [`  ${style.bad("✗")} a real Envoy does not take it:`, ...envoy.words.map((line) => `    ${line}`)];
}
