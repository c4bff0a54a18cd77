import { InvalidArgumentError, Option } from "commander";
import { EXIT } from "../failure.ts";
import { ask, DEFAULT_SERVER } from "../mesh/reach.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";
import { parseSeconds } from "./values.ts";

type Filter = Readonly<Record<string, string>>;

export const waitVerb: Verb = {
  name: "wait",
  group: "Run a mesh",
  summary: "wait until the Envoys have accepted what the files say",
  about: `All connected proxies, or those that an object concerns. Ends at once where an Envoy refuses, since waiting does not
change that. acked and synced mean the same.`,
  examples: [
    ["sluice wait", "until every connected proxy is SYNCED"],
    ["sluice wait VirtualService/reviews.bookinfo --timeout 10", "until this object is everywhere"],
  ],
  exitCodes: { 0: "accepted", 1: "refused, or the time is over", 2: "no control plane answers" },
  define: (command, { terminal, progress, setExitCode }) =>
    command
      .argument("[object]", "KIND/NAME.NAMESPACE; without it all proxies", parseObject)
      .addOption(new Option("--for <state>", "what to wait for").choices(["acked", "synced"]).default("acked"))
      .option("--all", "all proxies, which is also the default", false)
      .option("--timeout <seconds>", "how long", parseSeconds, 30)
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .addOption(outputOption())
      .action(async (object: Filter | undefined, { timeout, server, output }: WaitFlags) => {
        const waiting = ask(server, (api) => api.wait(object ?? {}, Math.min(timeout, MAX_SECONDS)));
        const result = await progress.during("waiting for the Envoys", waiting);
        const { style } = terminal;
        const head = {
          acked: style.good("✓ acked"),
          rejected: style.bad("✗ refused"),
          timeout: style.doubtful("✗ not yet"),
        };
        const lines = result.pending.map(({ name, reason }) => `  ${name}: ${reason}`);
        terminal.line(output === "json" ? toJson(result) : [head[result.result], ...lines].join("\n"));
        setExitCode(result.result === "acked" ? EXIT.ok : EXIT.failed);
      }),
};

/** What the control plane allows for one question. */
const MAX_SECONDS = 300;

interface WaitFlags {
  readonly timeout: number;
  readonly server: string;
  readonly output: OutputFormat;
}

function parseObject(text: string): Filter {
  const [, kind, name, namespace] = /^([A-Za-z]+)\/([a-z0-9.-]+?)(?:\.([a-z0-9-]+))?$/.exec(text) ?? [];
  if (kind === undefined || name === undefined)
    throw new InvalidArgumentError("An object is written as KIND/NAME.NAMESPACE, as VirtualService/reviews.bookinfo.");
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
