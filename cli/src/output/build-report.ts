import { formatBuildDiagnostic } from "../build/index.ts";
import type { BuildResult, FailedModule } from "../build/index.ts";
import { formatDuration } from "./duration.ts";
import { formatSize } from "./size.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

/** A row for each module that is good. */
export function formatBuildTable(results: readonly BuildResult[], style: Style): string {
  const rows = results.flatMap((result) =>
    result.ok
      ? [
          [
            result.name,
            formatSize(result.size),
            result.sha256.slice(0, 12),
            result.upToDate ? "up to date" : formatDuration(result.milliseconds),
          ],
        ]
      : [],
  );
  const heading = ["MODULE", "SIZE", "SHA256", "TIME"].map((title) => style.faint(title));
  return rows.length === 0 ? "" : formatTable([heading, ...rows]);
}

/** What is wrong, as file:line:column and message; "" where all is well. */
export function formatBuildProblems(results: readonly BuildResult[]): string {
  return results.flatMap((result) => (result.ok ? [] : problemsOf(result))).join("\n");
}

function problemsOf({ name, diagnostics, compilerOutput }: FailedModule): string[] {
  // Without a place in the source, the compiler's own words are all there is to go by.
  const words = diagnostics.some(({ file }) => file !== undefined) ? [] : [compilerOutput.trim()];
  return [...diagnostics.map(formatBuildDiagnostic), ...words, `${name} is not built`].filter((text) => text !== "");
}
