/** Exit codes of the command, as `--help` lists them. */
export const EXIT = {
  ok: 0,
  /** The command ran, and what it looked at is not well. */
  failed: 1,
  /** Wrong usage, or something is missing that the user must provide. */
  usage: 2,
  /** `analyze` has findings at or above its threshold: istioctl's code for that. */
  findings: 79,
  /** Stopped by Ctrl-C before the end: 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

/** An end of the command that the user can do something about; the message says what, where, and the fix. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
