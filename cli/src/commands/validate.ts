import { EXIT } from "../failure.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const validateVerb: Verb = {
  name: "validate",
  group: "Run a mesh",
  summary: "is each object right by itself: its YAML, its schema, Istio's rules between its fields",
  about: `What an object refers to need not be there, so that a part of a configuration can be validated alone;
\`sluice analyze\` looks at the whole.`,
  examples: [
    ["sluice validate reviews.yaml", ""],
    ["sluice validate examples/bookinfo", "every YAML file of the folder"],
    ["kustomize build . | sluice validate -", "from a pipe"],
  ],
  exitCodes: { 0: "all objects are valid; there may be warnings", 1: "one is not", 2: "no such file" },
  define: (command, { terminal, setExitCode }) =>
    command
      .argument("<file-or-folder...>", "files, folders, or - for stdin")
      .addOption(outputOption())
      .action(async (paths: readonly string[], { output }: { readonly output: OutputFormat }) => {
        const { validateFiles } = await import("@sluice/controlplane");
        const { readConfigFiles } = await import("../config/read-files.ts");
        const { formatFindings } = await import("../analyze/format.ts");
        const files = await readConfigFiles(paths);
        const findings = validateFiles(files);
        terminal.line(output === "json" ? toJson(findings) : formatFindings(findings, files, terminal.style));
        setExitCode(findings.some(({ severity }) => severity === "error") ? EXIT.failed : EXIT.ok);
      }),
};
