import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { eventually } from "../../kit/eventually.ts";

const SETTINGS = {
  NO_COLOR: "1",
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  npm_config_loglevel: "error",
};

/** Where npm finds packages on this machine; everything else that npm and Vitest tell their children is not for a user. */
const KEPT = /^npm_config_(?:registry|cache|userconfig|globalconfig)$/;
const NOT_A_USERS =
  /^(?:npm_|NPM_|VITEST|SLUICE_(?!ENVOY)|INIT_CWD|NODE_OPTIONS|NODE_ENV|TEST$|DEV$|PROD$|MODE$|SSR$|FORCE_COLOR)/;

/** The environment of a user's terminal. */
export function userEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => KEPT.test(name) || !NOT_A_USERS.test(name));
  const nodeFirst = `${path.dirname(process.execPath)}${path.delimiter}${process.env["PATH"] ?? ""}`;
  return { ...Object.fromEntries(own), ...SETTINGS, PATH: nodeFirst, ...extra };
}

/** Runs a command to its end as a shell does. @returns its exit code, and all that it printed */
export async function runInShell(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn("/bin/sh", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const read = collect(child);
  const code = await new Promise<number | null>((resolve) => child.on("close", (status) => resolve(status)));
  return { code, output: read() };
}

function collect(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  return () => output;
}

/** How long a program says nothing, once it has said something of these, before that counts as all. */
const QUIET_MS = 1_000;
const LAST_WORDS = /the new code runs|\.ts: .*live after|the next save builds again|nothing is left running/;
const PATIENCE_MS = 60_000;

/** A program that goes on while others are run beside it. */
export class LongRunning {
  readonly #child: ChildProcess;
  readonly #read: () => string;
  #seen = 0;

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    // A process group of its own, as a terminal gives to what runs in the foreground.
    this.#child = spawn("/bin/sh", ["-c", command], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#read = collect(this.#child);
  }

  /** What it has printed since the last call: all lines up to one that `isLast`, or, without that, until it is quiet. */
  async next(isLast?: (line: string) => boolean): Promise<string[]> {
    let length = -1;
    let changedAt = Date.now();
    const lines = await eventually(
      `the end of what ${this.#child.spawnargs.join(" ")} has to say`,
      () => {
        const text = this.#read().slice(this.#seen);
        if (text.length !== length) [length, changedAt] = [text.length, Date.now()];
        const whole = text.split("\n").slice(0, -1);
        const isQuiet = Date.now() - changedAt > QUIET_MS && LAST_WORDS.test(text);
        const count = isLast === undefined ? (isQuiet ? whole.length : 0) : whole.findIndex(isLast) + 1;
        return count === 0 ? undefined : whole.slice(0, count);
      },
      PATIENCE_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\nit printed: ${this.#read().slice(this.#seen)}`);
    });
    this.#seen += lines.reduce((sum, line) => sum + line.length + 1, 0);
    return lines;
  }

  /** Ctrl-C, and waits for the end of all that holds its output. How npx ends by a signal is npm's matter. */
  async interrupt(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#signal("SIGINT");
    await ended;
  }

  /** For a test that failed. */
  kill(): void {
    if (this.#child.exitCode === null) this.#signal("SIGTERM");
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
