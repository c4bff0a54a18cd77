import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { checkModule } from "./check-module.ts";
import type { BuildDiagnostic, BuildResult, BuildTarget, BuiltModule, FailedModule } from "./result.ts";
import { runCompiler } from "./run-compiler.ts";
import { sha256 } from "./sha256.ts";
import { makeStamp, transformInputs, upToDate, writeStamp, writeWhole } from "./stamp.ts";
import type { Job } from "./stamp.ts";

const CONFIG = "asconfig.json";

export interface BuildFilterOptions {
  /** The filter's entry, usually `filters/<name>/index.ts`. */
  readonly entry: string;
  readonly outFile: string;
  /** Default: release. */
  readonly target?: BuildTarget;
  /** The folder that has asconfig.json and node_modules; default: the nearest one above the entry. */
  readonly root?: string;
}

/** What came of a job, before it has a name and a duration. */
type Outcome = Omit<BuiltModule, "name" | "milliseconds"> | Omit<FailedModule, "name" | "milliseconds">;

/**
 * Compiles one filter and checks that Envoy can load it. Errors of the source are values in the result. A module that
 * is up to date is left alone. Nothing is written unless everything is well.
 */
export async function buildFilter(options: BuildFilterOptions): Promise<BuildResult> {
  const started = performance.now();
  const entry = path.resolve(options.entry);
  const root = options.root === undefined ? findRoot(entry) : path.resolve(options.root);
  const outcome =
    root !== undefined && existsSync(path.join(root, CONFIG))
      ? await build({ root, entry, target: options.target ?? "release" }, path.resolve(options.outFile))
      : failure([
          { severity: "error", code: "BUILD", message: `no ${CONFIG} ${root ? `in ${root}` : `above ${entry}`}` },
        ]);
  return { ...outcome, name: filterName(entry), milliseconds: performance.now() - started };
}

async function build(job: Job, outFile: string): Promise<Outcome> {
  const current = await upToDate(outFile, job);
  if (current !== undefined) return success(outFile, current, true, []);

  const transform = await transformInputs(job.root);
  const { binary, inputs, diagnostics, compilerOutput } = await runCompiler({
    ...job,
    configFile: path.join(job.root, CONFIG),
  });
  if (!binary) return failure(diagnostics, compilerOutput);
  const problems = checkModule(binary);
  if (problems.length > 0) return failure([...diagnostics, ...problems], compilerOutput);

  const hash = sha256(binary);
  await mkdir(path.dirname(outFile), { recursive: true });
  await writeWhole(outFile, binary);
  await writeStamp(outFile, makeStamp(job, new Map([...inputs, ...transform]), hash));
  return success(outFile, hash, false, diagnostics);
}

async function success(
  outFile: string,
  hash: string,
  isUpToDate: boolean,
  diagnostics: readonly BuildDiagnostic[],
): Promise<Outcome> {
  const { size } = await stat(outFile);
  return { ok: true, outFile, size, sha256: hash, upToDate: isUpToDate, diagnostics };
}

function failure(diagnostics: readonly BuildDiagnostic[], compilerOutput = ""): Outcome {
  return { ok: false, diagnostics, compilerOutput };
}

/** A filter is called after its folder, or after its file when that is not an index.ts. */
export function filterName(entry: string): string {
  const { dir, name } = path.parse(entry);
  return name === "index" ? path.basename(dir) : name;
}

function findRoot(entry: string): string | undefined {
  let folder = path.dirname(entry);
  while (!existsSync(path.join(folder, CONFIG))) {
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  return folder;
}
