/**
 * What a project's own code takes from `sluice`: its filter as a module, for tests and for build scripts.
 * @example
 * const plugin = createHost().load(await buildModule(import.meta.dirname));
 */
import { loadModule } from "@sluice/host";
import { buildFilter } from "./build/index.ts";
import type { BuildTarget } from "./build/index.ts";
import { formatBuildProblems } from "./output/build-report.ts";
import { PLAIN } from "./output/style.ts";
import { findProject } from "./project/find-project.ts";

export { buildFilter, createBuilder } from "./build/index.ts";
export type { Builder, BuildDiagnostic, BuildFilterOptions, BuildResult, BuildTarget } from "./build/index.ts";

export interface BuildModuleOptions {
  /** Default: what SLUICE_TARGET says, else release: the module that ships is the one to test. */
  readonly target?: BuildTarget;
}

/**
 * The module of the project that a folder lies in, compiled if a source has changed since the last time. Throws an Error that tells
 * the compiler's problems. The module comes with its source map, so that a host tells a trap by file and line.
 */
export async function buildModule(
  folder: string = process.cwd(),
  options: BuildModuleOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const project = findProject(folder);
  if (project === undefined)
    throw new Error(`${folder} is in no project: it needs asconfig.json and assembly/index.ts`);
  const target = options.target ?? (process.env["SLUICE_TARGET"] === "debug" ? "debug" : "release");
  const outFile = target === "debug" ? project.outFile.replace(/\.wasm$/, ".debug.wasm") : project.outFile;
  const result = await buildFilter({ entry: project.entry, outFile, target });
  if (!result.ok) throw new Error(`the filter does not compile\n${formatBuildProblems([result], PLAIN)}`);
  // With its source map, so that traps, endless loops and coverage have lines.
  return await loadModule(result.outFile);
}
