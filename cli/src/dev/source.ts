import { existsSync, mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { checkModule, createBuilder, formatBuildDiagnostic } from "../build/index.ts";
import type { BuildTarget } from "../build/index.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBuildProblems } from "../output/build-report.ts";
import type { Style } from "../output/style.ts";
import { planBuild } from "../project/build-plan.ts";

/** Where the filter comes from: AssemblyScript to compile, or a module that something else builds. */
export interface Source {
  readonly name: string;
  /** Its folder; a change in it asks for `build`. */
  readonly folder: string;
  build(): Promise<Built>;
  close(): Promise<void>;
}

/** What came of a build. */
export type Built = {
  /** What it was made of, as far as it lies outside of node_modules: absolute paths, to watch as well. */
  readonly inputs: readonly string[];
} & (
  | { readonly ok: true; readonly module: Uint8Array }
  /** What is wrong, ready to print. */
  | { readonly ok: false; readonly problems: string }
);

/** A module that is there already: of any language, rebuilt by whatever makes it. */
export function moduleSource(file: string): Source {
  const inputs = [file];
  return {
    name: basename(file, ".wasm"),
    folder: dirname(file),
    build: async () => {
      const module = await readFile(file).catch(() => undefined);
      if (module === undefined) return { ok: false, inputs, problems: `${file} is gone` };
      const problems = checkModule(module).map(formatBuildDiagnostic);
      return problems.length > 0
        ? { ok: false, inputs, problems: problems.join("\n") }
        : { ok: true, inputs, module: new Uint8Array(module) };
    },
    close: () => Promise.resolve(),
  };
}

/** The file given, or the project of the working directory. Throws a Failure where there is neither. */
export function openSource(file: string | undefined, target: BuildTarget, style: Style): Source {
  if (file?.endsWith(".wasm") === true) {
    if (!existsSync(file)) throw new Failure(`${file} does not exist: give a module, or a source`, EXIT.usage);
    return moduleSource(resolve(file));
  }
  const plan = planBuild({ given: file, out: undefined, workingFolder: process.cwd() });
  if (plan.kind === "folder") {
    throw new Failure("give one filter: its source, its module, or the folder of a project", EXIT.usage);
  }
  return compiledSource(basename(plan.outFile, ".wasm"), plan.entry, target, style);
}

/** Its modules go to a folder of their own: what `sluice build` has made stays as it is. */
function compiledSource(name: string, entry: string, target: BuildTarget, style: Style): Source {
  const builder = createBuilder();
  const folder = mkdtempSync(join(tmpdir(), "sluice-dev-build-"));
  const outFile = join(folder, `${name}.wasm`);
  return {
    name,
    folder: dirname(entry),
    build: async () => {
      const result = await builder.build({ entry, outFile, target });
      const inputs = result.inputs.filter((file) => !file.includes(`${sep}node_modules${sep}`));
      return result.ok
        ? { ok: true, inputs, module: await readFile(outFile) }
        : { ok: false, inputs, problems: formatBuildProblems([result], style) };
    },
    close: async () => {
      await builder.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
