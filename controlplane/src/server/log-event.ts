/** A line of the log as data, for those that collect logs; the text of the same event goes to `log`. */
export interface LogEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly level: "info" | "warning" | "error";
  readonly event:
    | "applied"
    | "rejected"
    | "connected"
    | "disconnected"
    | "access"
    /** Something in the user's files, and that it is gone. */
    | "diagnostic"
    | "fixed"
    /** A fault of the control plane's own: what came before stays. */
    | "failed"
    /** Whatever else is said, as text. */
    | "message";
  readonly [field: string]: unknown;
}

export type LogEvents = (event: LogEvent) => void;

/** Adds the time. */
export function logEvent(
  events: LogEvents | undefined,
  level: LogEvent["level"],
  event: LogEvent["event"],
  fields: Readonly<Record<string, unknown>>,
): void {
  events?.({ time: new Date().toISOString(), level, event, ...fields });
}
