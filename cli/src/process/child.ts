import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** How a process ended: a code, a signal, or an `error` that kept it from starting. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: string;
}

/** A running process, the leader of its own process group. */
export interface Child {
  /** undefined where it could not be started. */
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  /** Signals the whole group; nothing happens once the group is gone. */
  kill(signal: NodeJS.Signals): void;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets all output; appended to. */
  readonly logFile: string;
  /** Called for each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts a process in a group of its own, so that a terminal's Ctrl-C reaches `sluice up` alone, which then stops everything in
 * order, and so that what a shell started is stopped with it.
 */
export function startChild(command: Command): Child {
  const log = createWriteStream(command.logFile, { flags: "a" });
  // A full disk must not take the mesh down with it.
  log.on("error", () => undefined);
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: { ...command.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) relay(stream, log, command.onLine);
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => resolve({ code: null, signal: null, error: error.message }));
    child.once("exit", (code, signal) => {
      // What a shell had started would otherwise live on, and hold the port that its successor needs.
      killGroup(child.pid, "SIGKILL");
      resolve({ code, signal });
    });
  });
  child.once("close", () => log.end());
  const { pid } = child;
  return { pid, exited, kill: (signal) => killGroup(pid, signal) };
}

function relay(stream: Readable, log: NodeJS.WritableStream, onLine: ((line: string) => void) | undefined): void {
  stream.pipe(log, { end: false });
  if (onLine !== undefined) createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
}

/** Signals a process group; a group that is gone already is no error. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

/** "ended with code 3", "was killed by SIGKILL" or "could not be started: ...". */
export function describeExit(exit: Exit): string {
  if (exit.error !== undefined) return `could not be started: ${exit.error}`;
  return exit.signal === null ? `ended with code ${exit.code ?? "unknown"}` : `was killed by ${exit.signal}`;
}
