import { EXIT, Failure } from "../failure.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const inspectVerb: Verb = {
  name: "inspect",
  group: "Write a filter",
  summary: "what a module is and does: its ABI, what it may call, what makes it large",
  about: `A module of any language. One that \`sluice build\` made has the names of its functions in the notes beside it.`,
  examples: [
    ["sluice inspect build/my-filter.wasm", ""],
    ["sluice inspect other.wasm -o json | jq '.capabilities'", "what it may do to a request"],
  ],
  exitCodes: { 0: "it is a module", 1: "it is none", 2: "no such file" },
  define: (command, { terminal }) =>
    command
      .argument("<module>", "a compiled module")
      .addOption(outputOption())
      .action(async (file: string, { output }: { readonly output: OutputFormat }) => {
        const { sha256 } = await import("../build/sha256.ts");
        const { describeModule } = await import("../module/describe.ts");
        const { readBeside, readModuleFile } = await import("../module/read-file.ts");
        const { formatModule } = await import("../output/module-report.ts");
        const bytes = await readModuleFile(file);
        const described = describeModule(bytes, await readBeside(file, sha256(bytes)));
        if (typeof described === "string")
          throw new Failure(`${file} is no WebAssembly module: ${described}`, EXIT.failed);
        terminal.line(output === "json" ? toJson(described) : formatModule(described, terminal.style));
      }),
};
