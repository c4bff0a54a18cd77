import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { createBuilder } from "./builder.ts";
import type { BuildResult, BuildTarget } from "./result.ts";

export interface BuildFiltersOptions {
  /** Each of its folders that has an index.ts is a filter. */
  readonly filtersFolder: string;
  /** Where `<name>.wasm` goes. */
  readonly outFolder: string;
  /** Default: release. */
  readonly target?: BuildTarget;
  /** As in `BuildFilterOptions`. */
  readonly root?: string;
  /** Called with one line for each module, when it is done. */
  readonly log?: (line: string) => void;
}

/** Builds every filter of a folder, as many at a time as there are processors. Results in the order of their names. */
export async function buildFilters(options: BuildFiltersOptions): Promise<readonly BuildResult[]> {
  const { filtersFolder, outFolder, log } = options;
  const names = await filterFolders(filtersFolder);
  const results = new Map<string, BuildResult>();
  const waiting = [...names];
  const work = async (): Promise<void> => {
    const builder = createBuilder();
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const result = await builder.build({
        entry: path.join(filtersFolder, name, "index.ts"),
        outFile: path.join(outFolder, `${name}.wasm`),
        ...(options.target ? { target: options.target } : {}),
        ...(options.root === undefined ? {} : { root: options.root }),
      });
      results.set(name, result);
      log?.(summary(result));
    }
    await builder.close();
  };
  await Promise.all(Array.from({ length: Math.min(names.length, availableParallelism()) }, work));
  return names.flatMap((name) => results.get(name) ?? []);
}

/** Names in order; none when there is no such folder. `common` is what filters share, not a filter. */
async function filterFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name !== "common" && existsSync(path.join(folder, name, "index.ts")))
    .toSorted((left, right) => (left < right ? -1 : 1));
}

function summary(result: BuildResult): string {
  if (!result.ok) return `${result.name}: ${result.diagnostics.length} problem(s)`;
  const size = `${(result.size / 1024).toFixed(1)} KB`;
  return result.upToDate
    ? `${result.name}: ${size}, up to date`
    : `${result.name}: ${size} in ${(result.milliseconds / 1000).toFixed(1)} s`;
}
