import { readFile } from "node:fs/promises";
import { Failure } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";
import { MODULES_FOLDER } from "../paths.ts";
import { pause } from "../process/pause.ts";
import type { Processes } from "../process/processes.ts";
import type { ControlPlaneApi } from "./api.ts";
import { launchControlPlane } from "./launch.ts";
import type { StateFolder } from "./state-folder.ts";

const CONTROL_PLANE_START_MS = 20_000;

/** What it takes to start the control plane and to see that it answers. */
export interface StartControlPlane {
  readonly folder: string;
  readonly address: string;
  readonly xdsPort: number;
  readonly httpPort: number;
  readonly state: StateFolder;
  readonly processes: Processes;
  readonly api: ControlPlaneApi;
  readonly terminal: Terminal;
}

/** Resolves when it answers; a Failure, with the end of its log, where it ends first or takes too long. */
export async function startControlPlane(options: StartControlPlane): Promise<void> {
  const { folder, address, xdsPort, httpPort, state, processes, api, terminal } = options;
  const logFile = state.logFile("control-plane");
  const places = { stateFile: state.controlPlaneState, modulesFolder: MODULES_FOLDER };
  const args = { folder, address, xdsPort, httpPort, ...places };
  let crashed = false;
  await terminal.step("control plane started", async () => {
    processes.start({
      kind: "control plane",
      name: "control plane",
      logFile,
      launch: () => Promise.resolve(launchControlPlane(args, logFile, (line) => terminal.line(line))),
      onCrash: () => (crashed = true),
    });
    const deadline = performance.now() + CONTROL_PLANE_START_MS;
    while (!(await api.healthy())) {
      if (crashed || performance.now() > deadline) {
        throw new Failure(`the control plane does not start:\n${await lastLines(logFile)}`);
      }
      await pause(50);
    }
    return { value: undefined, detail: `xDS ${address}:${xdsPort}, HTTP ${api.url}` };
  });
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-15).join("\n");
}
