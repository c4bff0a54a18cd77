import { execFile } from "node:child_process";
import type { Diagnosis } from "./diagnosis.ts";

const TIME_LIMIT_MS = 10_000;

/** What a command came to; `missing` when there is no such command. */
export type Ran = {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
  readonly missing: boolean;
};

/** The container engine, which only `--container` and testcontainers need. */
export async function checkEngine(run: (command: string, args: readonly string[]) => Promise<Ran>): Promise<Diagnosis> {
  const name = "Docker";
  const { stdout, stderr, failed, missing } = await run("docker", ["version", "--format", "{{.Server.Version}}"]);
  if (missing) {
    const fix = "install Docker if you want `--container` or testcontainers; everything else works without it";
    return { name, state: "warning", found: "no docker command", fix };
  }
  if (!failed) return { name, state: "ok", found: `Docker ${stdout.trim()}` };
  if (/permission denied/i.test(stderr)) {
    const fix = "`sudo usermod -aG docker $USER`, then log in again";
    return { name, state: "warning", found: "Docker does not let this user in", fix };
  }
  const fix = "start the daemon: `sudo systemctl start docker`, or Docker Desktop";
  return { name, state: "warning", found: `no daemon answers: ${stderr.trim().split("\n").at(-1) ?? ""}`, fix };
}

/** Runs a command to its end, without a shell. */
export function runCommand(command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: TIME_LIMIT_MS }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, failed: error !== null, missing: error?.code === "ENOENT" });
    });
  });
}
