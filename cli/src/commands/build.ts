import { readFile } from "node:fs/promises";
import type { BuildResult, BuildTarget, BuiltModule } from "../build/index.ts";
import { EXIT, Failure } from "../failure.ts";
import type { ModuleDescription } from "../module/describe.ts";
import type { BuildPlan } from "../project/build-plan.ts";
import type { CommandContext } from "./context.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const buildVerb: Verb = {
  name: "build",
  group: "Write a filter",
  summary: "compile filters from AssemblyScript to WebAssembly modules",
  about: `Without an argument it compiles the project of the working directory; with a folder of filters, each of its folders that
has an index.ts. Modules are checked, and come out the same on every machine, without names: those are in NAME.wasm.map and
the notes beside it. What was compiled from the same inputs before is not compiled again.`,
  examples: [
    ["sluice build", "the project here, to build/NAME.wasm"],
    ["sluice build --debug", "with assertions, names, and lines in traps"],
    ["sluice build assembly/other.ts", "another source of it"],
    ["sluice build my-filters --out dist", "a folder of filters"],
    ["sluice build -o json | jq .modules[0].sha256", ""],
  ],
  exitCodes: { 0: "all modules are good", 1: "a module has errors", 2: "no such file or folder, or no filter in it" },
  define: (command, context) =>
    command
      .argument("[file-or-folder]", "a source, a project, or a folder of filters")
      .option("--out <folder>", "where the modules go (default: the folder build of the project)")
      .option("--debug", "compile for debugging", false)
      .addOption(outputOption())
      .action(async (given: string | undefined, flags: BuildFlags) => {
        const { planBuild } = await import("../project/build-plan.ts");
        const plan = planBuild({ given, out: flags.out, workingFolder: process.cwd() });
        const results = await context.progress.during("compiling", run(plan, flags.debug ? "debug" : "release"));
        if (results.length === 0)
          throw new Failure(`${given ?? "."} has no filter: none of its folders has an index.ts`, EXIT.usage);
        await (flags.output === "json" ? printJson(results, context) : printText(results, plan, context));
        context.setExitCode(results.every((result) => result.ok) ? EXIT.ok : EXIT.failed);
      }),
};

interface BuildFlags {
  readonly out?: string;
  readonly debug: boolean;
  readonly output: OutputFormat;
}

async function run(plan: BuildPlan, target: BuildTarget): Promise<readonly BuildResult[]> {
  const { buildFilter, buildFilters } = await import("../build/index.ts");
  const root = plan.root === undefined ? {} : { root: plan.root };
  if (plan.kind === "one") return [await buildFilter({ entry: plan.entry, outFile: plan.outFile, target, ...root })];
  return await buildFilters({ filtersFolder: plan.folder, outFolder: plan.outFolder, target, ...root });
}

async function printText(
  results: readonly BuildResult[],
  plan: BuildPlan,
  { terminal }: CommandContext,
): Promise<void> {
  const report = await import("../output/build-report.ts");
  const { style } = terminal;
  const [only] = results;
  const good =
    plan.kind === "one" && only?.ok === true
      ? report.formatBuiltModule(only, await describe(only), style)
      : report.formatBuildTable(results, style);
  for (const text of [report.formatBuildWarnings(results, style), good, report.formatBuildProblems(results, style)]) {
    if (text !== "") terminal.line(text);
  }
}

async function printJson(results: readonly BuildResult[], { terminal }: CommandContext): Promise<void> {
  const modules = results.map(async (result) => {
    const { name, ok, diagnostics } = result;
    const milliseconds = Math.round(result.milliseconds);
    if (!result.ok) return { name, ok, milliseconds, diagnostics };
    const { outFile: file, upToDate, previousSize = null } = result;
    return { name, ok, file, milliseconds, upToDate, previousSize, ...(await describe(result)), diagnostics };
  });
  terminal.line(toJson({ ok: results.every(({ ok }) => ok), modules: await Promise.all(modules) }));
}

async function describe({ outFile, sha256 }: BuiltModule): Promise<ModuleDescription> {
  const { describeModule } = await import("../module/describe.ts");
  const { readBeside } = await import("../module/read-file.ts");
  const described = describeModule(await readFile(outFile), await readBeside(outFile, sha256));
  if (typeof described === "string") throw new Error(`the compiler wrote no module: ${described}`);
  return described;
}
