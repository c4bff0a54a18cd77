import { FRESH, nextRestart } from "./backoff.ts";
import type { Child, Exit } from "./child.ts";
import { pause } from "./pause.ts";
import { messageOf } from "../failure.ts";

export interface SuperviseOptions {
  /** Starts the process; called again after each time that it ends by itself. A rejection counts as an end. */
  readonly launch: () => Promise<Child>;
  readonly onStart?: (child: Child, restarts: number) => void;
  /** The process ended by itself and will be started again in `restartInMs`. */
  readonly onCrash?: (exit: Exit, restartInMs: number) => void;
  /** The process is gone, for whatever reason. */
  readonly onGone?: (child: Child) => void;
}

/** A process that is started again whenever it ends, until it is stopped. */
export interface Supervised {
  readonly pid: () => number | undefined;
  readonly restarts: () => number;
  /** Asks it to end, kills it after `graceMs`, and waits until it is gone. It is not started again. */
  stop(graceMs: number): Promise<void>;
  /** Ends it without asking. */
  kill(): void;
}

/** Starts a process and keeps it running, with a growing pause between restarts. */
export function supervise(options: SuperviseOptions): Supervised {
  const stopping = new AbortController();
  let current: Child | undefined;
  let restarts = -1;

  async function liveOnce(): Promise<Exit> {
    restarts++;
    try {
      current = await options.launch();
    } catch (error) {
      return { code: null, signal: null, error: messageOf(error) };
    }
    const child = current;
    // A stop that came while it was starting has found nothing to signal.
    if (stopping.signal.aborted) child.kill("SIGTERM");
    options.onStart?.(child, restarts);
    const exit = await child.exited;
    current = undefined;
    options.onGone?.(child);
    return exit;
  }

  async function run(): Promise<void> {
    let backoff = FRESH;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const exit = await liveOnce();
      if (stopping.signal.aborted) return;
      const next = nextRestart(backoff, performance.now() - startedAt);
      backoff = next.state;
      options.onCrash?.(exit, next.delayMs);
      await pause(next.delayMs, stopping.signal);
    }
  }

  const done = run();
  return {
    pid: () => current?.pid,
    restarts: () => restarts,
    async stop(graceMs) {
      stopping.abort();
      current?.kill("SIGTERM");
      const settled = new AbortController();
      const overdue = pause(graceMs, settled.signal).then(() => !settled.signal.aborted);
      if (await Promise.race([done.then(() => false), overdue])) current?.kill("SIGKILL");
      settled.abort();
      await done;
    },
    kill() {
      stopping.abort();
      current?.kill("SIGKILL");
    },
  };
}
