import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AdminClient } from "./admin.ts";
import { awaitAdminAddress, type Watched } from "./await-ready.ts";
import { envoyArgs, withAdmin } from "./command-line.ts";
import { guard } from "./guardian.ts";
import { EnvoyBase } from "./envoy-base.ts";
import { ownedFolder } from "./owned-folder.ts";
import type { EnvoyExit, RunningEnvoy, StartOptions } from "./running.ts";

const GRACE_MS = 3_000;

/**
 * Starts an Envoy as a child process and waits as `ready` says. Rejects with HostError `envoy_start`, which ends with the
 * last lines of its log; nothing is left running then.
 */
export async function startEnvoyProcess(options: StartOptions & { readonly binary: string }): Promise<RunningEnvoy> {
  const folder = await ownedFolder("sluice-envoy-");
  try {
    return await startIn(folder, options);
  } finally {
    // Envoy reads its bootstrap and writes its admin address once; so nothing is left even if we are killed later on.
    await rm(folder, { recursive: true, force: true });
  }
}

async function startIn(folder: string, options: StartOptions & { readonly binary: string }): Promise<RunningEnvoy> {
  const configPath = join(folder, "bootstrap.json");
  const adminPath = join(folder, "admin-address");
  await writeFile(configPath, JSON.stringify(withAdmin(options.config)), { mode: 0o600 });
  const child = spawnEnvoy(options, envoyArgs(options, configPath, adminPath));
  const exited = exitOf(child);
  const watched: Watched = { name: options.name ?? "envoy", logFile: options.logFile, exited };
  try {
    const { address, port } = await awaitAdminAddress(watched, adminPath);
    const envoy = new EnvoyProcess(child, new AdminClient(address, port), watched);
    if (options.ready !== false) await envoy.waitUntilReady(options.ready);
    return envoy;
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
}

class EnvoyProcess extends EnvoyBase {
  readonly kind = "process";
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, admin: AdminClient, watched: Watched) {
    super(admin, watched, child.pid);
    this.#child = child;
  }

  async stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), options.graceMs ?? GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  protected identity(): string {
    return `process ${this.pid ?? "-"}`;
  }
}

/** The log file is Envoy's own stdout and stderr: nothing is lost when this process is busy or gone. */
function spawnEnvoy(
  { binary, logFile, env }: StartOptions & { readonly binary: string },
  args: readonly string[],
): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "w");
  try {
    // A group of its own: Ctrl-C reaches the parent only, which then stops its Envoys in its own order.
    return spawn(binary, args, { stdio: ["ignore", log, log], detached: true, env: { ...process.env, ...env } });
  } finally {
    closeSync(log);
  }
}

async function exitOf(child: ChildProcess): Promise<EnvoyExit> {
  const release = child.pid === undefined ? undefined : guard("process", child.pid);
  const exit = await new Promise<EnvoyExit>((resolve) => {
    child.once("error", (error) => resolve({ code: undefined, signal: error.message }));
    child.once("exit", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
  release?.();
  return exit;
}
