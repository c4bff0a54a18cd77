import { Argument, InvalidArgumentError } from "commander";
import type { Explanation, Question } from "@sluice/controlplane";
import { EXIT, Failure } from "../failure.ts";
import { ask, DEFAULT_SERVER } from "../mesh/reach.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

type Header = readonly [name: string, value: string];

export const explainVerb: Verb = {
  name: "explain",
  group: "Run a mesh",
  summary: "what the mesh does with a request: which listener, route and destination, by whose rule, and why",
  about: `Of the running mesh, or with -f of a folder; no proxy is asked: it chooses as Envoy does from what the control plane
makes of the files. The request comes in at a gateway, or with --from at the sidecar of the workload that sends it. Of
several gateways the URL's port decides.`,
  examples: [
    ["sluice explain request GET http://localhost:8080/productpage -f examples/bookinfo", "through the gateway"],
    [
      "sluice explain request GET http://reviews:9080/reviews/0 -H 'end-user: jason' --from productpage-v1 -f examples/bookinfo",
      "from one workload to another",
    ],
    ["sluice explain request POST http://localhost:8080/productpage", "in the mesh that runs"],
  ],
  exitCodes: {
    0: "the request goes to a destination",
    1: "the proxy answers by itself, or a policy denies it",
    2: "wrong usage, or no control plane answers",
  },
  define: (command, { terminal, setExitCode }) =>
    command
      .addArgument(new Argument("<what>", "what to explain").choices(["request"]))
      .argument("<method>", "GET, POST and so on")
      .argument("<url>", "as the client writes it", parseUrl)
      .option("-H, --header <name: value>", "a header of the request; may be given several times", parseHeader, [])
      .option("-f, --folder <folder>", "a mesh's YAML, in place of the running mesh")
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .option("--from <workload>", "the workload that sends it: NAME, or NAME.NAMESPACE")
      .option("--gateway <name>", "the gateway that it comes in at: of its workload, or of a Gateway")
      .addOption(outputOption())
      .action(async (_what: string, method: string, url: URL, flags: ExplainFlags) => {
        const { formatExplanation } = await import("../explain/format.ts");
        const { header: headers, folder, from, gateway, server, output } = flags;
        const where = { ...(from === undefined ? {} : { from }), ...(gateway === undefined ? {} : { gateway }) };
        const question = { method: method.toUpperCase(), url, headers, ...where };
        const explanation =
          folder === undefined
            ? await ask(server, (api) => api.explain(question))
            : await explainFolder(folder, question);
        terminal.line(output === "json" ? toJson(explanation) : formatExplanation(explanation, terminal.style));
        const isDenied = explanation.authorization.some(({ decision }) => decision?.allowed === false);
        setExitCode(explanation.outcome.kind === "forward" && !isDenied ? EXIT.ok : EXIT.failed);
      }),
};

async function explainFolder(folder: string, question: Question): Promise<Explanation> {
  const { explainFiles } = await import("@sluice/controlplane");
  const { readConfigFiles } = await import("../config/read-files.ts");
  const explanation = explainFiles(await readConfigFiles([folder]), question);
  if (!("problem" in explanation)) return explanation;
  const { problem, allowed } = explanation;
  throw new Failure(`${problem}${allowed === undefined ? "" : `; there is: ${allowed}`}`, EXIT.usage);
}

interface ExplainFlags {
  readonly header: readonly Header[];
  readonly folder?: string;
  readonly server: string;
  readonly from?: string;
  readonly gateway?: string;
  readonly output: OutputFormat;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new InvalidArgumentError("A URL is written as http://HOST:PORT/PATH.");
  return url;
}

function parseHeader(text: string, before: readonly Header[]): readonly Header[] {
  const [, name, value = ""] = /^(:?[^:\s]+)\s*:\s*(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("A header is written as 'NAME: VALUE'.");
  return [...before, [name, value]];
}
