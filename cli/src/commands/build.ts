import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT, Failure } from "../failure.ts";
import { FILTERS_FOLDER, MODULES_FOLDER, ROOT } from "../paths.ts";
import type { CommandContext } from "./context.ts";

const HELP = `
Each folder of FOLDER that has an index.ts is a filter; it is compiled with the options of asconfig.json and checked.
What was compiled from the same inputs before is not compiled again.

Examples:
  sluice build                         the mesh's own policies
  sluice build my-filters --out dist   filters of yours
  sluice build --debug                 with assertions and names

Exit codes: 0 all modules are good, 1 a module has errors, 2 no such folder.`;

export function addBuildCommand(program: Command, { terminal, setExitCode }: CommandContext): void {
  program
    .command("build")
    .description("compile filters from AssemblyScript to WebAssembly modules")
    .argument("[folder]", "folder of filters", FILTERS_FOLDER)
    .option("--out <folder>", "where the modules go", MODULES_FOLDER)
    .option("--debug", "compile for debugging", false)
    .addHelpText("after", HELP)
    .action(async (folder: string, { out, debug }: { readonly out: string; readonly debug: boolean }) => {
      if (!existsSync(folder))
        throw new Failure(`${folder} does not exist: give a folder of filters, or none`, EXIT.usage);
      const { buildFilters } = await import("../build/index.ts");
      const { formatBuildProblems, formatBuildTable } = await import("../output/build-report.ts");
      const target = debug ? "debug" : "release";
      const results = await buildFilters({
        filtersFolder: resolve(folder),
        outFolder: resolve(out),
        root: ROOT,
        target,
      });
      if (results.length === 0)
        throw new Failure(`${folder} has no filter: none of its folders has an index.ts`, EXIT.usage);
      for (const text of [formatBuildTable(results, terminal.style), formatBuildProblems(results)]) {
        if (text !== "") terminal.line(text);
      }
      setExitCode(results.every((result) => result.ok) ? EXIT.ok : EXIT.failed);
    });
}
