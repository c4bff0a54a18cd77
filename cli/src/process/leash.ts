import { spawn } from "node:child_process";

/**
 * Ends what `sluice up` started when `sluice up` itself is killed so hard that it can end nothing any more. A shell of a few
 * hundred kilobytes reads the process groups, all of them on each line, and the end of its input is the sign to stop
 * the last ones it heard of. A line that is empty means: nothing to do.
 */
export interface Leash {
  readonly pid: number | undefined;
  /** The process groups that run now. */
  hold(pids: readonly number[]): void;
  /** Ends the leash without ending anything else. */
  release(): void;
}

// The shell is in a session of its own and deaf to the signals that a terminal sends to everyone.
const SCRIPT = `
trap '' INT TERM HUP
while IFS= read -r line; do groups=$line; done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
for tick in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && left="$left $group"; done
  [ -z "$left" ] && exit 0
  sleep 0.3
done
for group in $left; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

export function startLeash(): Leash {
  const shell = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  // Without a shell there is still the run file, from which the next start cleans up.
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return {
    pid: shell.pid,
    hold: (pids) => void shell.stdin.write(`${pids.join(" ")}\n`),
    release: () => void shell.stdin.end("\n"),
  };
}
