import { InvalidArgumentError } from "commander";
import { EXIT, Failure } from "../failure.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import { textOrFile } from "./values.ts";
import type { Verb } from "./verb.ts";

export const benchVerb: Verb = {
  name: "bench",
  group: "Write a filter",
  summary: "measure the CPU time that a filter adds to a request in a real Envoy",
  about: `Sends requests through Envoys with the filter, with a no-op that has the same callbacks, and without a filter, in turns, and
reads the CPU time of Envoy's worker thread. Linux only. Says how much of a figure is noise; a quiet machine and more
rounds make it less.`,
  examples: [
    ["sluice bench build/my-filter.wasm", ""],
    ["sluice bench filter.wasm -H 'authorization: Bearer x' --path /admin", "with the request that it looks at"],
    ["sluice bench filter.wasm --config @config.json -o json", "with a configuration; for a script"],
  ],
  exitCodes: { 0: "measured", 1: "the module can't be measured", 2: "wrong usage, or not on Linux" },
  define: (command, { terminal, progress }) =>
    command
      .argument("<file>", "the module")
      .option("--path <path>", "of the request", "/")
      .option("-H, --header <line>", "of the request; may be given several times", addHeader, [])
      .option("--config <text|@file>", "the plugin's configuration")
      .option("--root-id <name>", "the root id, for a module with several plugins", "")
      .option("--rounds <number>", "how often each is measured", parseCount, 40)
      .option("--requests <number>", "requests in a round", parseCount, 400)
      .addOption(outputOption())
      .action(async (file: string, flags: BenchFlags) => {
        if (process.platform !== "linux") {
          throw new Failure("sluice bench reads a thread's CPU time from /proc, which only Linux has", EXIT.usage);
        }
        const { bench } = await import("../bench/run.ts");
        const { formatBench } = await import("../bench/report.ts");
        const { findEnvoy } = await import("@sluice/host");
        const { header, config, output, ...same } = flags;
        const envoy = await progress.during("looking for Envoy", findEnvoy({ log: () => undefined }));
        if (envoy.kind === "problem") throw new Failure(envoy.message);
        if (envoy.kind === "image") throw new Failure("sluice bench needs Envoy as a binary: set SLUICE_ENVOY to one");
        const options = {
          file,
          headers: header,
          configuration: new TextEncoder().encode(await textOrFile(config ?? "")),
          envoy: envoy.path,
        };
        const report = await progress.during("measuring", bench({ ...same, ...options }));
        terminal.line(output === "json" ? toJson(report) : formatBench(report, terminal.style));
      }),
};

interface BenchFlags {
  readonly path: string;
  readonly header: readonly string[];
  readonly config?: string;
  readonly rootId: string;
  readonly rounds: number;
  readonly requests: number;
  readonly output: OutputFormat;
}

function addHeader(line: string, lines: readonly string[]): readonly string[] {
  if (!/^[^\s:]+: ?[^\r\n]*$/.test(line)) throw new InvalidArgumentError("A header is NAME: VALUE.");
  return [...lines, line];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError("It is a whole number from 1 on.");
  return count;
}
