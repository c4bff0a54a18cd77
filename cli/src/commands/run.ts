import type { Header } from "@sluice/host";
import { EXIT, Failure } from "../failure.ts";
import { parseCluster, parseHeader, parseUrl } from "../run/flags.ts";
import type { ClusterAnswer } from "../run/flags.ts";
import type { RunOptions } from "../run/run-request.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import { parseStatus, parseTime, textOrFile } from "./values.ts";
import type { Verb } from "./verb.ts";

export const runVerb: Verb = {
  name: "run",
  group: "Write a filter",
  summary: "send one request through a filter in process, and print every host call that it makes",
  about: `-X, -H and -d mean what they mean to curl. Nothing leaves the process: the upstream and the clusters of call-outs answer as
the options say.`,
  examples: [
    ["sluice run build/my-filter.wasm", "GET http://localhost/"],
    ["sluice run build/my-filter.wasm -H 'authorization: Bearer x' http://shop/cart", ""],
    ["sluice run build/body.wasm -d @request.json /orders", "POST with a body"],
    ["sluice run build/auth.wasm --cluster auth=403", "what a call-out to the cluster `auth` gets"],
    ["sluice run build/jwt.wasm --config @key.pem --response-status 404", ""],
  ],
  exitCodes: {
    0: "the request was answered",
    1: "it was not, or the filter trapped",
    2: "wrong usage, or no such file",
  },
  define: (command, { terminal, setExitCode }) =>
    command
      .argument("<module>", "a compiled module")
      .argument("[url]", "where the request goes", parseUrl, parseUrl("/"))
      .option("-X, --request <method>", "default: GET, and POST with -d")
      .option("-H, --header <header>", "`name: value`; may be given several times", addHeader, [])
      .option("-d, --data <text>", "the body; @FILE takes it from a file")
      .option("--config <text>", "the plugin's configuration; @FILE takes it from a file")
      .option("--root-id <name>", "the root id, for a module with several plugins", "")
      .option("--response-status <status>", "what the upstream answers", parseStatus, 200)
      .option("--response-header <header>", "may be given several times", addHeader, [])
      .option("--response-body <text>", "@FILE takes it from a file", "hi\n")
      .option("--cluster <name=answer>", "NAME=STATUS[:BODY], NAME=timeout or NAME=reset", addCluster, [])
      .option("--time <time>", "what the clock shows, such as 2026-01-01T00:00:00Z; default: now", parseTime)
      .addOption(outputOption())
      .action(async (file: string, url: URL, flags: RunFlags) => {
        const { readModuleFile } = await import("../module/read-file.ts");
        const { isModuleProblem, runRequest } = await import("../run/run-request.ts");
        const { formatRun, runDocument } = await import("../output/run-report.ts");
        const bytes = await readModuleFile(file);
        const options = await optionsOf(url, flags);
        try {
          const outcome = runRequest(bytes, options);
          const json = flags.output === "json";
          terminal.line(json ? toJson(runDocument(outcome)) : formatRun(outcome, terminal.style));
          setExitCode(outcome.problem === undefined && outcome.trap === undefined ? EXIT.ok : EXIT.failed);
        } catch (error) {
          if (!isModuleProblem(error)) throw error;
          throw new Failure(`${file}: ${error.message}\n\`sluice check ${file}\` tells more.`);
        }
      }),
};

interface RunFlags {
  readonly request?: string;
  readonly header: readonly Header[];
  readonly data?: string;
  readonly config?: string;
  readonly rootId: string;
  readonly responseStatus: number;
  readonly responseHeader: readonly Header[];
  readonly responseBody: string;
  readonly cluster: readonly ClusterAnswer[];
  readonly time?: number;
  readonly output: OutputFormat;
}

async function optionsOf(url: URL, flags: RunFlags): Promise<RunOptions> {
  const { data, config, rootId } = flags;
  return {
    url,
    rootId,
    method: flags.request ?? (data === undefined ? "GET" : "POST"),
    headers: flags.header,
    body: data === undefined ? undefined : await textOrFile(data),
    configuration: config === undefined ? undefined : await textOrFile(config),
    response: {
      status: flags.responseStatus,
      headers: flags.responseHeader,
      body: await textOrFile(flags.responseBody),
    },
    clusters: flags.cluster,
    now: flags.time ?? Date.now(),
  };
}

function addHeader(text: string, headers: readonly Header[]): readonly Header[] {
  return [...headers, parseHeader(text)];
}

function addCluster(text: string, clusters: readonly ClusterAnswer[]): readonly ClusterAnswer[] {
  return [...clusters, parseCluster(text)];
}
