import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { checkModule } from "./check-module.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler } from "./compiler.ts";
import { findCompiler } from "./packages.ts";
import type { BuildDiagnostic, BuildResult, BuildTarget, BuiltModule, FailedModule } from "./result.ts";
import { sha256 } from "./sha256.ts";
import { makeStamp, readStamp, transformInputs, upToDate, writeStamp, writeWhole } from "./stamp.ts";
import type { Job, Stamp } from "./stamp.ts";
import { functionNames, stripCustomSections } from "./strip.ts";

const CONFIG = "asconfig.json";

export interface BuildFilterOptions {
  /** The filter's entry, usually `filters/<name>/index.ts`. */
  readonly entry: string;
  /** Beside it go `<outFile>.map`, for stack traces, and the stamp that says what it was made from. */
  readonly outFile: string;
  /** Default: release. */
  readonly target?: BuildTarget;
  /** The folder that has asconfig.json and node_modules; default: the nearest one above the entry. */
  readonly root?: string;
}

/** What came of a job, before it has a name and a duration. */
type Outcome = Omit<BuiltModule, "name" | "milliseconds"> | Omit<FailedModule, "name" | "milliseconds">;

/** A compiler that is warm already, or one for this build alone. Undefined where none is installed. */
export type CompilerFor = (root: string) => Compiler | undefined;

/**
 * Compiles one filter and checks that Envoy can load it. Errors of the source are values in the result. A module that
 * is up to date is left alone. Nothing is written unless everything is well.
 */
export async function buildFilter(options: BuildFilterOptions): Promise<BuildResult> {
  const started: Compiler[] = [];
  const result = await buildFilterBy(options, (root) => {
    const found = findCompiler(root);
    if (found !== undefined) started.push(startCompiler(found.ascUrl));
    return started[0];
  });
  await Promise.all(started.map((compiler) => compiler.close()));
  return result;
}

/** `buildFilter` with a compiler that the caller starts, when one is needed, and ends. */
export async function buildFilterBy(options: BuildFilterOptions, compilerFor: CompilerFor): Promise<BuildResult> {
  const startedAt = performance.now();
  const entry = path.resolve(options.entry);
  const root = options.root === undefined ? findRoot(entry) : path.resolve(options.root);
  const outcome =
    root !== undefined && existsSync(path.join(root, CONFIG))
      ? await build({ root, entry, target: options.target ?? "release" }, path.resolve(options.outFile), compilerFor)
      : failure([problem(`no ${CONFIG} ${root ? `in ${root}` : `above ${entry}`}`)]);
  const name = path.basename(options.outFile, ".wasm");
  return { ...outcome, name, milliseconds: performance.now() - startedAt };
}

async function build(job: Job, outFile: string, compilerFor: CompilerFor): Promise<Outcome> {
  const current = await upToDate(outFile, job);
  if (current !== undefined) return await success(job, outFile, current, { upToDate: true, diagnostics: [] });
  const compiler = compilerFor(job.root);
  if (compiler === undefined) return failure([problem("assemblyscript is not installed: run `npm install`")]);

  const transform = await transformInputs(job.root);
  const { root, entry, target } = job;
  const request = { root, entry, target, outName: path.basename(outFile), configFile: path.join(root, CONFIG) };
  const { binary, sourceMap, inputs, diagnostics, compilerOutput } = await compiler.compile(request);
  const all = new Map([...inputs, ...transform]);
  if (!binary) return failure(diagnostics, compilerOutput, all);
  const shipped = target === "release" ? stripCustomSections(binary) : binary;
  const problems = checkModule(shipped);
  if (problems.length > 0) return failure([...diagnostics, ...problems], compilerOutput, all);

  const previousSize = await sizeBefore(outFile, target);
  const stamp = makeStamp(job, all, sha256(shipped), functionNames(binary));
  await mkdir(path.dirname(outFile), { recursive: true });
  await writeWhole(outFile, shipped);
  if (sourceMap !== undefined) await writeWhole(`${outFile}.map`, sourceMap);
  await writeStamp(outFile, stamp);
  return await success(job, outFile, stamp, { upToDate: false, diagnostics }, previousSize);
}

/** A debug build says nothing about a release build. */
async function sizeBefore(outFile: string, target: BuildTarget): Promise<number | undefined> {
  if ((await readStamp(outFile))?.target !== target) return undefined;
  return (await stat(outFile).catch(() => undefined))?.size;
}

async function success(
  { root }: Job,
  outFile: string,
  stamp: Stamp,
  rest: Pick<BuiltModule, "upToDate" | "diagnostics">,
  previousSize?: number,
): Promise<Outcome> {
  const { size } = await stat(outFile);
  return {
    ok: true,
    outFile,
    size,
    ...(previousSize === undefined ? {} : { previousSize }),
    sha256: stamp.output,
    inputs: Object.keys(stamp.inputs).map((file) => path.resolve(root, file)),
    functionNames: new Map(stamp.functionNames),
    ...rest,
  };
}

function failure(
  diagnostics: readonly BuildDiagnostic[],
  compilerOutput = "",
  inputs: ReadonlyMap<string, string> = new Map(),
): Outcome {
  return { ok: false, diagnostics, compilerOutput, inputs: [...inputs.keys()] };
}

function problem(message: string): BuildDiagnostic {
  return { severity: "error", code: "BUILD", message };
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
