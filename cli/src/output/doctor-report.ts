import type { Diagnosis } from "../doctor/diagnosis.ts";
import { isWell } from "../doctor/diagnosis.ts";
import type { Style } from "./style.ts";

/** A line for each check, with the fix below those that need one. */
export function formatDoctor(diagnoses: readonly Diagnosis[], style: Style): string {
  const width = Math.max(...diagnoses.map(({ name }) => name.length));
  const behind = " ".repeat(width + 4);
  const lines = diagnoses.flatMap(({ name, state, found, fix }) => {
    const mark = { ok: style.good("✓"), warning: style.doubtful("!"), failed: style.bad("✗") }[state];
    return [
      `${mark} ${name.padEnd(width)}  ${found.replaceAll("\n", `\n${behind}`)}`,
      ...(fix === undefined ? [] : [`${behind}fix: ${fix.replaceAll("\n", `\n${behind}`)}`]),
    ];
  });
  const failed = diagnoses.filter(({ state }) => state === "failed").length;
  const verdict = isWell(diagnoses)
    ? style.good("All that Sluice needs is here.")
    : style.bad(`${failed} of ${diagnoses.length} checks failed.`);
  return [...lines, "", verdict].join("\n");
}
