import { EXIT, Failure, messageOf } from "../failure.ts";
import { ControlPlaneApi } from "../mesh/api.ts";
import { formatStatus, isWell } from "../status/format.ts";
import { DEFAULT_ADDRESS, DEFAULT_HTTP_PORT } from "./context.ts";
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
      .option("--server <url>", "the control plane's HTTP API", `http://${DEFAULT_ADDRESS}:${DEFAULT_HTTP_PORT}`)
      .action(async ({ output, server }: { readonly output: OutputFormat; readonly server: string }) => {
        const report = await new ControlPlaneApi(server.replace(/\/+$/, "")).status().catch((error: unknown) => {
          throw new Failure(
            `no control plane answers at ${server} (${causeOf(error)}).\n` +
              "Start a mesh with `sluice up FOLDER`, or name another address with --server.",
            EXIT.usage,
          );
        });
        terminal.line(output === "json" ? toJson(report) : formatStatus(report, Date.now(), terminal.style));
        setExitCode(isWell(report) ? EXIT.ok : EXIT.failed);
      }),
};

/** fetch says only "fetch failed"; the reason is one level down. */
function causeOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
