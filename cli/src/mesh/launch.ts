import { existsSync, renameSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startEnvoyContainer, startEnvoyProcess } from "@sluice/host";
import type { EnvoyBinary, EnvoyImage } from "@sluice/host";
import { COMPILE_CACHE_FOLDER } from "../paths.ts";
import { fieldsOf } from "../json.ts";
import { startChild } from "../process/child.ts";
import type { Child } from "../process/child.ts";
import type { ProgramTask } from "./plan.ts";
import { startSettings } from "./start-settings.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** What the control plane is started with. */
export interface ControlPlaneArguments {
  readonly folder: string;
  readonly stateFile: string;
  readonly modulesFolder: string;
  readonly address: string;
  readonly xdsPort: number;
  readonly httpPort: number;
}

/** The control plane as a process of its own, so that its end takes nothing else down. */
export function launchControlPlane(
  options: ControlPlaneArguments,
  logFile: string,
  onLine: (line: string) => void,
): Child {
  const { folder, stateFile, modulesFolder, address, xdsPort, httpPort } = options;
  const args = [
    // Most of what it allocates is short-lived; Node's young generation alone would take 100 MB.
    "--max-semi-space-size=8",
    MAIN,
    "controlplane",
    folder,
    `--state-file=${stateFile}`,
    `--modules=${modulesFolder}`,
    `--address=${address}`,
    `--xds-port=${xdsPort}`,
    `--http-port=${httpPort}`,
  ];
  // Half of the start would go into compiling; Node keeps the result by the content of each file.
  const env = { NODE_COMPILE_CACHE: COMPILE_CACHE_FOLDER, ...process.env };
  return startChild({ file: process.execPath, args, cwd: process.cwd(), env, logFile, onLine });
}

/** A program of the Procfile, run by the shell in the mesh's folder. */
export function launchProgram(program: ProgramTask, folder: string, logFile: string): Child {
  // The Node that runs this command comes first, so that `node` in a Procfile is one that reads TypeScript.
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  return startChild({
    file: "/bin/sh",
    args: ["-c", program.command],
    cwd: folder,
    env: { ...process.env, PATH: path, ...program.env },
    logFile,
  });
}

export interface EnvoyLaunch {
  readonly name: string;
  readonly bootstrap: string;
  readonly envoy: EnvoyBinary | EnvoyImage;
  /** In a container, also where there is a binary. */
  readonly container: boolean;
  readonly logFile: string;
  readonly log: (line: string) => void;
  /** Called with the address of its admin interface. */
  readonly onAdmin: (url: string) => void;
}

/** One Envoy; resolves as soon as its admin interface answers, long before it has its configuration. */
export async function launchEnvoy(launch: EnvoyLaunch): Promise<Child> {
  const { name, envoy, logFile, log } = launch;
  keepPreviousLog(logFile);
  const config = fieldsOf(JSON.parse(launch.bootstrap));
  const options = { name, config, logFile, logLevel: "warn", ready: false, ...startSettings(config) } as const;
  const running =
    envoy.kind === "binary" && !launch.container
      ? await startEnvoyProcess({ ...options, binary: envoy.path })
      : await startEnvoyContainer({ ...options, envoy, log });
  launch.onAdmin(running.admin.url);
  return {
    pid: running.pid,
    exited: running.exited.then(({ code, signal }) => ({ code: code ?? null, signal: signal ?? null })),
    kill: (signal) => void (signal === "SIGKILL" ? running.kill() : running.stop()).catch(() => undefined),
  };
}

/** An Envoy's log is made new at each start; the one that tells why it ended must not be lost by that. */
function keepPreviousLog(logFile: string): void {
  if (existsSync(logFile)) renameSync(logFile, logFile.replace(/\.log$/, ".previous.log"));
}
