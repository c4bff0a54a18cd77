import { spawn, type ChildProcess } from "node:child_process";

/** A program that a test started: everything that it printed is kept. */
export class TestChild {
  readonly #process: ChildProcess;
  readonly exited: Promise<number | null>;
  output = "";

  constructor(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    this.#process = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    this.exited = new Promise((resolve) => {
      this.#process.on("exit", (code) => resolve(code));
      this.#process.on("error", (error) => {
        this.output += String(error);
        resolve(null);
      });
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`did not start: ${this.output}`);
    return this.#process.pid;
  }

  /** What was printed since an earlier length of `output`. */
  since(length: number): string {
    return this.output.slice(length);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#process.kill(signal);
    return await this.exited;
  }
}
