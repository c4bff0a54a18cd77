import { EXIT } from "../failure.ts";
import { ask, DEFAULT_SERVER } from "../mesh/reach.ts";
import { formatStatus, isWell } from "../status/format.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const statusVerb: Verb = {
  name: "status",
  group: "Run a mesh",
  summary: "what every Envoy has accepted, and what it has not",
  about: `SYNCED    the Envoy has acknowledged all that it should run
STALE     it has not, yet, or it is not connected
REJECTED  it refused something; its words, and the object and file that it came from, stand below the table`,
  examples: [
    ["sluice status", ""],
    ["sluice status --objects", "every object, and how many of its proxies run it"],
    [`sluice status -o json | jq '.proxies[] | select(.state != "SYNCED")'`, ""],
  ],
  exitCodes: {
    0: "every proxy is SYNCED and every object is applied",
    1: "otherwise",
    2: "no control plane answers",
  },
  define: (command, { terminal, setExitCode }) =>
    command
      .addOption(outputOption())
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .option("--objects", "also the objects that are well", false)
      .action(async ({ output, server, objects }: StatusFlags) => {
        const report = await ask(server, (api) => api.status());
        const { style } = terminal;
        terminal.line(output === "json" ? toJson(report) : formatStatus(report, Date.now(), style, objects));
        setExitCode(isWell(report) ? EXIT.ok : EXIT.failed);
      }),
};

interface StatusFlags {
  readonly output: OutputFormat;
  readonly server: string;
  readonly objects: boolean;
}
