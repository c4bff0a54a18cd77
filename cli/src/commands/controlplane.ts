import { join } from "node:path";
import { Option } from "commander";
import { EXIT, Failure, messageOf } from "../failure.ts";
import { listenForStop } from "../process/stop-signals.ts";
import { DEFAULT_ADDRESS, DEFAULT_HTTP_PORT, DEFAULT_XDS_PORT, parsePort } from "./context.ts";
import { modulesOption } from "./modules-option.ts";
import type { Verb } from "./verb.ts";

export const controlPlaneVerb: Verb = {
  name: "controlplane",
  group: "Run a mesh",
  summary: "run the control plane alone",
  about: `Serves delta xDS over gRPC, and over HTTP: /healthz, /status, /proxies, /bootstrap/ID and /modules/SHA256.wasm.
\`sluice up\` starts it by itself; alone it serves Envoys that something else runs.`,
  examples: [["sluice controlplane my-mesh", "on the loopback interface; --address 0.0.0.0 for Envoys elsewhere"]],
  exitCodes: { 0: "stopped as asked", 1: "could not start" },
  define: (command, context) =>
    command
      .argument("<folder>", "folder with the mesh's YAML; it is watched")
      .option("--address <ip>", "where to listen", DEFAULT_ADDRESS)
      .option("--xds-port <port>", "where Envoys fetch their configuration", parsePort, DEFAULT_XDS_PORT)
      .option("--http-port <port>", "the HTTP API", parsePort, DEFAULT_HTTP_PORT)
      .option("--state-file <file>", "keeps the last good version of every object", join(".sluice", "state.json"))
      .addOption(
        new Option("--log-format <format>", "text, or a JSON object a line").choices(["text", "json"]).default("text"),
      )
      .addOption(modulesOption())
      .action(async (folder: string, options: ControlPlaneFlags) => {
        const { modules: modulesFolder, logFormat, ...flags } = options;
        const { startControlPlane } = await import("@sluice/controlplane");
        const print = (line: string): void => context.terminal.line(line);
        const logs =
          logFormat === "text"
            ? { log: print }
            : { log: () => {}, events: (event: object) => print(JSON.stringify(event)) };
        const running = await startControlPlane({ folder, modulesFolder, ...flags, ...logs }).catch(
          (error: unknown) => {
            throw new Failure(`the control plane cannot start: ${messageOf(error)}`);
          },
        );
        await new Promise<void>((resolve) =>
          listenForStop({ onStop: () => resolve(), onHurry: () => process.exit(130) }),
        );
        await running.close();
        context.setExitCode(EXIT.ok);
      }),
};

interface ControlPlaneFlags {
  readonly address: string;
  readonly xdsPort: number;
  readonly httpPort: number;
  readonly stateFile: string;
  readonly logFormat: "text" | "json";
  readonly modules: string;
}
