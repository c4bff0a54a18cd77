import type { EnvoyVerdict } from "@sluice/host/check";
import { EXIT, Failure } from "../failure.ts";
import { parseSeconds, textOrFile } from "./values.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const checkVerb: Verb = {
  name: "check",
  group: "Write a filter",
  summary: "would Envoy load a module, and if not, why",
  about: `Looks at the ABI, the imports and exports with their types, the memory and the start section; then the module runs in
process, on a thread with a time limit: it is configured, sees requests and a connection, and ends. With --envoy a real
Envoy has the last word: it makes the VM and configures the plugin, and opens no port.`,
  examples: [
    ["sluice check build/my-filter.wasm", ""],
    ["sluice check jwt.wasm --config @key.txt", "with the configuration that the filter needs"],
    ["sluice check build/my-filter.wasm --envoy", ""],
    ["sluice check other.wasm -o json", "findings as data, for a pipeline"],
  ],
  exitCodes: { 0: "Envoy loads it", 1: "it does not, or loses it", 2: "no such file" },
  define: (command, { terminal, progress, setExitCode }) =>
    command
      .argument("<module>", "a compiled module")
      .option("--config <text>", "the plugin's configuration; @FILE takes it from a file")
      .option("--root-id <name>", "the root id, for a module with several plugins")
      .option("--time-limit <seconds>", "how long the trial run may take", parseSeconds, 10)
      .option("--envoy", "ask a real Envoy, too", false)
      .addOption(outputOption())
      .action(async (file: string, { config, rootId, timeLimit, envoy, output }: CheckFlags) => {
        const { checkModule } = await import("@sluice/host/check");
        const { readModuleFile, readSourceMap } = await import("../module/read-file.ts");
        const { formatCheck } = await import("../output/check-report.ts");
        const bytes = await readModuleFile(file);
        const configuration = config === undefined ? undefined : await textOrFile(config);
        const sourceMap = await readSourceMap(file);
        const limits = {
          timeLimitMs: timeLimit * 1_000,
          ...(configuration === undefined ? {} : { configuration }),
          ...(rootId === undefined ? {} : { rootId }),
          ...(sourceMap === undefined ? {} : { sourceMap }),
        };
        const checked = await progress.during("trial run", checkModule(bytes, limits));
        const verdict = envoy
          ? await progress.during("asking Envoy", askEnvoy(bytes, { configuration, rootId }))
          : undefined;
        const report = { ...checked, ok: checked.ok && verdict?.accepted !== false, envoy: verdict ?? null };
        terminal.line(output === "json" ? toJson(report) : formatCheck(file, report, terminal.style));
        setExitCode(report.ok ? EXIT.ok : EXIT.failed);
      }),
};

interface Plugin {
  readonly configuration: string | undefined;
  readonly rootId: string | undefined;
}

async function askEnvoy(bytes: Uint8Array, plugin: Plugin): Promise<EnvoyVerdict> {
  const { findEnvoy } = await import("@sluice/host");
  const { validateInEnvoy } = await import("@sluice/host/check");
  const found = await findEnvoy({ log: () => {} });
  if (found.kind === "binary") return await validateInEnvoy(found.path, bytes, plugin);
  const reason = found.kind === "problem" ? found.message : "there is an image of Envoy only, and this needs a binary";
  throw new Failure(`--envoy: ${reason}`, EXIT.usage);
}

interface CheckFlags {
  readonly config?: string;
  readonly rootId?: string;
  readonly timeLimit: number;
  readonly envoy: boolean;
  readonly output: OutputFormat;
}
