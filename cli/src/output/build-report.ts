import { formatBuildDiagnostic } from "../build/index.ts";
import type { BuildDiagnostic, BuildResult, BuiltModule, FailedModule } from "../build/index.ts";
import type { ModuleDescription } from "../module/describe.ts";
import { formatDuration } from "./duration.ts";
import { formatExcerpt } from "./excerpt.ts";
import { formatCapabilities, formatFacts, formatFunctions } from "./module-report.ts";
import { shortPath } from "./short-path.ts";
import { formatSize } from "./size.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

const LARGEST = 5;

/** A row for each module that is good. */
export function formatBuildTable(results: readonly BuildResult[], style: Style): string {
  const rows = results.flatMap((result) =>
    result.ok
      ? [[result.name, formatSize(result.size), formatChange(result), result.sha256.slice(0, 12), formatTook(result)]]
      : [],
  );
  const heading = ["MODULE", "SIZE", "CHANGE", "SHA256", "TIME"].map((title) => style.faint(title));
  return rows.length === 0 ? "" : formatTable([heading, ...rows]);
}

/** One module in full: where it is, how it has changed, what it is made of. */
export function formatBuiltModule(result: BuiltModule, module: ModuleDescription, style: Style): string {
  const change = formatChange(result);
  const took = style.faint(
    [...(change === "" ? [] : [`${change} since the last build`]), formatTook(result)].join(", "),
  );
  return [
    `${style.good("✓")} ${shortPath(result.outFile)} ${took}`,
    formatFacts(module, style),
    style.strong("May do"),
    formatCapabilities(module),
    style.strong("Largest functions"),
    formatFunctions(module, LARGEST).replaceAll(/^/gm, "  "),
  ].join("\n");
}

/** `+120 B`; `same size`; "" for what was there before, or was not there at all. */
function formatChange({ size, previousSize, upToDate }: BuiltModule): string {
  if (upToDate || previousSize === undefined) return "";
  if (size === previousSize) return "same size";
  return `${size > previousSize ? "+" : "-"}${formatSize(Math.abs(size - previousSize))}`;
}

function formatTook({ upToDate, milliseconds }: BuiltModule): string {
  return upToDate ? "up to date" : formatDuration(milliseconds);
}

/** What is wrong, with the lines of source that it is about; "" where all is well. */
export function formatBuildProblems(results: readonly BuildResult[], style: Style): string {
  return results.flatMap((result) => (result.ok ? [] : problemsOf(result, style))).join("\n");
}

/** What the compiler has to say about modules that are good all the same. */
export function formatBuildWarnings(results: readonly BuildResult[], style: Style): string {
  const warnings = results.flatMap((result) => (result.ok ? result.diagnostics : []));
  return warnings.map((diagnostic) => formatDiagnostic(diagnostic, style)).join("\n");
}

function problemsOf({ name, diagnostics, compilerOutput }: FailedModule, style: Style): string[] {
  const told = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, style));
  // Without a place in the source, the compiler's own words are all there is to go by.
  const words = diagnostics.some(({ file }) => file !== undefined) ? [] : [compilerOutput.trim()];
  return [...told, ...words, `${name} is not built`].filter((text) => text !== "");
}

/** `file:line:column: error TS2322: message`, and the lines around. */
function formatDiagnostic(diagnostic: BuildDiagnostic, style: Style): string {
  const { severity, excerpt } = diagnostic;
  const colour = severity === "error" ? style.bad : style.doubtful;
  const head = formatBuildDiagnostic(diagnostic).replace(`${severity} `, `${colour(severity)} `);
  return excerpt === undefined ? head : `${head}\n${formatExcerpt(excerpt, style)}`;
}
