import { InvalidArgumentError } from "commander";
import type { Progress } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";

/** What every verb is given. */
export interface CommandContext {
  /** stdout: what the verb is asked for. */
  readonly terminal: Terminal;
  /** stderr, and only where that is a terminal: what a verb does that takes longer than a second. */
  readonly progress: Progress;
  /** One of `EXIT`; a verb that does not call it ends with `EXIT.ok`. */
  readonly setExitCode: (code: number) => void;
}

export const DEFAULT_ADDRESS = "127.0.0.1";
export const DEFAULT_XDS_PORT = 15010;
export const DEFAULT_HTTP_PORT = 15014;
export const DEFAULT_ADMIN_PORT = 15000;

/** For commander: a TCP port, or a message that says what is allowed. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError("A port is a whole number from 1 to 65535.");
  return port;
}
