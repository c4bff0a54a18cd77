const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * One Ctrl-C can arrive several times: from the terminal, which signals everyone in the foreground, and again from each
 * launcher (npm, the `sluice` script) that passes it on. What comes this soon after the first is the same one.
 */
const SAME_MS = 400;

export interface StopHandlers {
  /** Asked to stop for the first time. */
  readonly onStop: (why: string) => void;
  /** Asked again: at once, please. */
  readonly onHurry: () => void;
}

/** Listens for the ways in which a user, or a launcher that is gone, asks this process to stop. */
export function listenForStop(handlers: StopHandlers): void {
  let firstAt: number | undefined;
  const ask = (why: string): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      handlers.onStop(why);
    } else if (performance.now() - firstAt > SAME_MS) {
      handlers.onHurry();
    }
  };
  for (const signal of SIGNALS) process.on(signal, () => ask(signal === "SIGINT" ? "Ctrl-C" : signal));
  // A terminal that was closed, a pipe whose reader has ended: nobody is there any more to stop it by hand.
  process.stdout.once("error", () => ask("the output is closed"));
  // The launcher holds an IPC channel to this process only so that its own end, however sudden, is seen here.
  process.once("disconnect", () => ask("the launcher is gone"));
  process.channel?.unref();
}
