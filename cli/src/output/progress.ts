import { formatDuration } from "./duration.ts";
import type { Style } from "./style.ts";
import type { TerminalStream } from "./terminal.ts";

/** Says that something is under way. */
export interface Progress {
  /** Resolves or rejects as `work` does. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
}

/** Work that is done sooner says nothing. */
const QUIET_MS = 1_000;
const REDRAW_MS = 200;
const CLEAR_LINE = "\r\u001b[2K";

/** One line that comes after a second and goes when the work is done; nothing at all where the stream is no terminal. */
export function createProgress(stream: TerminalStream, style: Style): Progress {
  if (stream.isTTY !== true) return { during: (_what, work) => work };
  return {
    async during(what, work) {
      const startedAt = performance.now();
      let drawn = false;
      const timer = setInterval(() => {
        const took = performance.now() - startedAt;
        if (took < QUIET_MS) return;
        drawn = true;
        stream.write(`${CLEAR_LINE}${style.doubtful("…")} ${what} ${style.faint(`(${formatDuration(took)})`)}`);
      }, REDRAW_MS);
      try {
        return await work;
      } finally {
        clearInterval(timer);
        if (drawn) stream.write(CLEAR_LINE);
      }
    },
  };
}
