import { stripVTControlCharacters } from "node:util";
import { formatDuration } from "./duration.ts";
import type { Style } from "./style.ts";

/** Where the command writes: whole lines, and steps that take a while. */
export interface Terminal {
  readonly style: Style;
  line(text: string): void;
  /**
   * Runs a step and says how it went and how long it took. `note` tells where a long step has got to. What the step
   * resolves with is `value`; `detail` stands behind its name. A step that rejects, or is `failed`, is marked as such.
   */
  step<T>(what: string, work: (note: (text: string) => void) => Promise<StepResult<T>>): Promise<T>;
}

export interface StepResult<T> {
  readonly value: T;
  readonly detail?: string;
  readonly failed?: boolean;
}

export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** On a pipe, a step that is not done by then is announced, and again after each further such span. */
const QUIET_MS = 3_000;
const REDRAW_MS = 200;
const CLEAR_LINE = "\r\u001b[2K";

export function createTerminal(stream: TerminalStream, style: Style): Terminal {
  const live = stream.isTTY === true;
  let pending = "";

  function draw(text: string): void {
    // A line that wraps could not be cleared again.
    const fitting = fit(text, width(stream) - 1);
    stream.write(`${pending === "" ? "" : CLEAR_LINE}${fitting}`);
    pending = fitting;
  }

  function line(text: string): void {
    const behind = pending;
    if (behind !== "") draw("");
    stream.write(`${text}\n`);
    if (behind !== "") draw(behind);
  }

  return {
    style,
    line,
    async step(what, work) {
      const startedAt = performance.now();
      let note = "";
      const progress = (): string => {
        const took = formatDuration(performance.now() - startedAt);
        return `  ${style.doubtful("…")} ${what}${note === "" ? "" : `: ${note}`} ${style.faint(`(${took})`)}`;
      };
      const timer = setInterval(() => (live ? draw(progress()) : line(progress())), live ? REDRAW_MS : QUIET_MS);
      try {
        const { value, detail, failed } = await work((text) => (note = text));
        const took = style.faint(formatDuration(performance.now() - startedAt));
        if (pending !== "") draw("");
        line(
          `  ${failed === true ? style.bad("✗") : style.good("✓")} ${what}${detail === undefined ? "" : ` ${style.faint(detail)}`} ${took}`,
        );
        return value;
      } catch (error) {
        if (pending !== "") draw("");
        line(`  ${style.bad("✗")} ${what}`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** Some terminals say that they have no columns at all. */
function width({ columns = 0 }: TerminalStream): number {
  return columns > 1 ? columns : 80;
}

function fit(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length <= columns ? text : `${plain.slice(0, columns - 1)}…`;
}
