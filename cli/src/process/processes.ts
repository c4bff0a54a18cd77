import { processStartTime } from "./start-time.ts";
import { removeRunState, writeRunState } from "./run-file.ts";
import type { RunRecord } from "./run-file.ts";
import { startLeash } from "./leash.ts";
import { supervise } from "./supervise.ts";
import type { Supervised } from "./supervise.ts";
import { describeExit } from "./child.ts";
import type { Child } from "./child.ts";
import { shortPath } from "../output/short-path.ts";
import { formatDuration } from "../output/duration.ts";

/** What a process is to the mesh; they are stopped in this order. */
export const KINDS = ["program", "envoy", "control plane"] as const;
export type Kind = (typeof KINDS)[number];

export interface ProcessesOptions {
  readonly runFile: string;
  readonly log: (line: string) => void;
}

export interface ProcessSpec {
  readonly kind: Kind;
  readonly name: string;
  readonly launch: () => Promise<Child>;
  /** Shown when it ends by itself. */
  readonly logFile: string;
  readonly onCrash?: () => void;
}

const GRACE_MS = 4_000;

/**
 * All that `sluice up` has started. Each process is kept running, is written into the run file, and hangs on the leash,
 * so that none outlives the command, however the command ends.
 */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #leash = startLeash();
  readonly #running = new Map<string, { kind: Kind; supervised: Supervised }>();
  readonly #records = new Map<number, RunRecord>();
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ProcessesOptions) {
    this.#options = options;
    this.#record();
  }

  has(kind: Kind, name: string): boolean {
    return this.#running.has(key(kind, name));
  }

  start(spec: ProcessSpec): void {
    if (this.#stopped) return;
    const { log } = this.#options;
    const title = spec.kind === spec.name ? spec.name : `${spec.kind} ${spec.name}`;
    const supervised = supervise({
      launch: spec.launch,
      onStart: (child, restarts) => {
        void this.#started(title, child);
        if (restarts > 0) log(`${title} runs again, as process ${child.pid}`);
      },
      onGone: (child) => this.#gone(child),
      onCrash: (exit, restartInMs) => {
        log(
          `${title} ${describeExit(exit)}; starting it again in ${formatDuration(restartInMs)} (log: ${shortPath(spec.logFile)})`,
        );
        spec.onCrash?.();
      },
    });
    this.#running.set(key(spec.kind, spec.name), { kind: spec.kind, supervised });
  }

  async stop(kind: Kind, name: string): Promise<void> {
    const entry = this.#running.get(key(kind, name));
    this.#running.delete(key(kind, name));
    await entry?.supervised.stop(GRACE_MS);
  }

  /** Programs, then Envoys, then the control plane; waits until all are gone. */
  async stopAll(): Promise<void> {
    this.#stopped = true;
    for (const kind of KINDS) {
      const entries = [...this.#running.values()].filter((entry) => entry.kind === kind);
      await Promise.all(entries.map((entry) => entry.supervised.stop(GRACE_MS)));
    }
    await this.#writing;
    await removeRunState(this.#options.runFile);
    this.#leash.release();
  }

  /** At once, without asking. The run file stays, for the next start to see whether anything is left. */
  killAll(): void {
    this.#stopped = true;
    for (const { supervised } of this.#running.values()) supervised.kill();
  }

  async #started(name: string, { pid }: Child): Promise<void> {
    if (pid === undefined) return;
    this.#records.set(pid, { name, pid, startTime: "" });
    this.#leash.hold([...this.#records.keys()]);
    const startTime = await processStartTime(pid);
    if (startTime !== undefined && this.#records.has(pid)) this.#records.set(pid, { name, pid, startTime });
    this.#record();
  }

  #gone({ pid }: Child): void {
    if (pid === undefined) return;
    this.#records.delete(pid);
    this.#leash.hold([...this.#records.keys()]);
    this.#record();
  }

  /** Writes the run file after the writes before it; a failure is told, and costs only the clean-up after a kill -9. */
  #record(): void {
    const write = async (): Promise<void> => {
      if (this.#stopped) return;
      const startTime = (await processStartTime(process.pid)) ?? "";
      await writeRunState(this.#options.runFile, {
        up: { name: "sluice up", pid: process.pid, startTime },
        children: [...this.#records.values()],
      });
    };
    this.#writing = this.#writing
      .then(write)
      .catch((error: unknown) => this.#options.log(`run file: ${String(error)}`));
  }
}

function key(kind: Kind, name: string): string {
  return `${kind} ${name}`;
}
