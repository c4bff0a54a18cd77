import { EXIT, Failure } from "../failure.ts";
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
      .argument("[file-or-folder...]", "files, folders, or - for stdin")
      .option("-f, --filename <path>", "the same, as istioctl has it; may be given several times", another, [])
      .addOption(outputOption())
      .action(async (named: readonly string[], { output, filename }: ValidateFlags) => {
        const paths = [...named, ...filename];
        if (paths.length === 0) throw new Failure("name the files or folders to validate", EXIT.usage);
        const { expectOnly } = await import("@sluice/controlplane/files");
        const { readConfigFiles } = await import("../config/read-files.ts");
        const files = await readConfigFiles(paths);
        expectOnly(files);
        const { validateFiles } = await import("@sluice/controlplane/analyze");
        const { formatFindings } = await import("../analyze/format.ts");
        const { findings, objects, ignored } = validateFiles(files);
        const text = (): string => formatFindings(findings, files, terminal.style, { objects, ignored });
        terminal.line(output === "json" ? toJson(findings) : text());
        setExitCode(findings.some(({ severity }) => severity === "error") ? EXIT.failed : EXIT.ok);
      }),
};

interface ValidateFlags {
  readonly output: OutputFormat;
  readonly filename: readonly string[];
}

function another(path: string, before: readonly string[]): readonly string[] {
  return [...before, path];
}
