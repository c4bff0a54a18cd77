import { Option } from "commander";
import type { Level } from "@sluice/controlplane/analyze";
import { parseSuppression } from "../analyze/suppress.ts";
import type { Suppression } from "../analyze/suppress.ts";
import { EXIT, Failure } from "../failure.ts";
import { toJson } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const analyzeVerb: Verb = {
  name: "analyze",
  group: "Run a mesh",
  summary: "what is wrong or doubtful in a whole configuration, without a cluster, with Istio's codes",
  about: `Everything that \`sluice validate\` finds, and what the objects make of each other: hosts, subsets and gateways that are
not there, rules that are never reached, selectors that select nothing, and so on. --list has all codes.`,
  examples: [
    ["sluice analyze examples/bookinfo", ""],
    ["sluice analyze mesh --failure-threshold warning", "for a pipeline that is strict"],
    [`sluice analyze mesh -S "IST0134=ServiceEntry shop/*"`, "do not speak of these"],
    ["sluice analyze mesh -o json | jq '.[].code'", ""],
  ],
  exitCodes: { 0: "no finding reaches the failure threshold", 2: "no such file", 79: "one does" },
  define: (command, { terminal, setExitCode }) =>
    command
      .argument("[file-or-folder...]", "files, folders, or - for stdin; together they are the mesh")
      .addOption(
        new Option("-o, --output <format>", "how to print it").choices(["text", "json", "yaml", "log"]).default("text"),
      )
      .option("-S, --suppress <code[=object]>", "leave these out; may be given several times", parseSuppression, [])
      .addOption(levelOption("--output-threshold <level>", "print what is at least as bad", "info"))
      .addOption(levelOption("--failure-threshold <level>", "exit with 79 for what is at least as bad", "error"))
      .option("-L, --list", "list the codes, and stop", false)
      .action(async (paths: readonly string[], flags: AnalyzeFlags) => {
        const { expectOnly } = await import("@sluice/controlplane/files");
        const { isSuppressed } = await import("../analyze/suppress.ts");
        const { readConfigFiles } = await import("../config/read-files.ts");
        if (paths.length === 0 && !flags.list) throw new Failure("name the files or folders to analyze", EXIT.usage);
        const { output, suppress, outputThreshold, failureThreshold, list } = flags;
        const files = list ? [] : await readConfigFiles(paths);
        expectOnly(files);
        const { analyzeFiles, isAtLeast, MESSAGES } = await import("@sluice/controlplane/analyze");
        const { formatFindings, formatLog } = await import("../analyze/format.ts");
        if (list) {
          for (const [code, [name]] of Object.entries(MESSAGES)) terminal.line(`${code}  ${name}`);
          return;
        }
        const findings = analyzeFiles(files).filter((finding) => !isSuppressed(finding, suppress));
        const shown = findings.filter(({ severity }) => isAtLeast(severity, outputThreshold));
        if (output === "json") terminal.line(toJson(shown));
        else if (output === "yaml") terminal.line((await import("yaml")).stringify(shown).trimEnd());
        else if (output === "log") for (const line of formatLog(shown)) terminal.line(line);
        else terminal.line(formatFindings(shown, files, terminal.style));
        const fails = findings.some(({ severity }) => isAtLeast(severity, failureThreshold));
        setExitCode(fails ? EXIT.findings : EXIT.ok);
      }),
};

interface AnalyzeFlags {
  readonly output: "text" | "json" | "yaml" | "log";
  readonly suppress: readonly Suppression[];
  readonly outputThreshold: Level;
  readonly failureThreshold: Level;
  readonly list: boolean;
}

function levelOption(flags: string, description: string, level: Level): Option {
  return new Option(flags, description).choices(["error", "warning", "info"]).default(level);
}
