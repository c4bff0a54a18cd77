import { fieldsOf } from "../json.ts";
import type { Style } from "../output/style.ts";

/** Envoy's log levels, as `--log-format %l` writes them. */
export const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** One line of Envoy's log. */
export interface LogLine {
  readonly level: Level;
  /** Envoy's component, `wasm` for the filter's own words. */
  readonly logger: string;
  readonly message: string;
}

/** `%j` is the message with JSON's escapes, so a message of several lines stays one line of the file. */
export const LOG_FORMAT = '{"level":"%l","logger":"%n","message":"%j"}';

/** Reads a line that was written in LOG_FORMAT; what is not one (a crash's backtrace) is undefined. */
export function parseLogLine(line: string): LogLine | undefined {
  try {
    const { level, logger, message } = fieldsOf(JSON.parse(line));
    const known = LEVELS.find((name) => name === level);
    if (known === undefined || typeof logger !== "string" || typeof message !== "string") return undefined;
    return { level: known, logger, message };
  } catch {
    return undefined;
  }
}

/** `wasm log sluice.dev dev.1: text`, as Envoy introduces what a filter logs: plugin, root id and VM id. */
const FILTER_PREFIX = /^wasm log(?: [^\s:]+)*: /;

/** How a line is shown: the filter's own words without Envoy's introduction, Envoy's with its component before them. */
export function formatLogLine({ level, logger, message }: LogLine, style: Style): string {
  const own = logger === "wasm" && FILTER_PREFIX.test(message);
  const text = own ? message.replace(FILTER_PREFIX, "") : `${style.faint(`envoy ${logger}:`)} ${message}`;
  return `${paint(level, style)} ${text}`;
}

const PAINTS: Readonly<Record<Level, keyof Style>> = {
  trace: "faint",
  debug: "faint",
  info: "good",
  warning: "doubtful",
  error: "bad",
  critical: "bad",
};

function paint(level: Level, style: Style): string {
  return style[PAINTS[level]](level.padEnd(8));
}
