import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends what this process started when this process is gone, even when it was killed and could clean up nothing: a small
 * shell waits on a pipe that closes with us, then ends everything that is still on its list. One for all children.
 * It runs in a process group of its own, so that Ctrl-C in a terminal does not end it before its time.
 */
const SCRIPT = `
trap '' INT TERM HUP
processes=""
containers=""
while read -r op kind id; do
  kept=""
  if [ "$kind" = process ]; then list=$processes; else list=$containers; fi
  for one in $list; do [ "$one" = "$id" ] || kept="$kept $one"; done
  [ "$op" = add ] && kept="$kept $id"
  if [ "$kind" = process ]; then processes=$kept; else containers=$kept; fi
done
[ -n "$processes" ] && kill -TERM $processes 2>/dev/null
[ -n "$containers" ] && docker rm -f $containers >/dev/null 2>&1
if [ -n "$processes" ]; then sleep 3; kill -KILL $processes 2>/dev/null; fi
exit 0
`;

let guardian: ChildProcess | undefined;

/**
 * Puts a process (by pid) or a container (by id) on the list. The function that comes back takes it off again; call it as
 * soon as the thing has ended, since a pid may be given to another process.
 */
export function guard(kind: "process" | "container", id: number | string): () => void {
  tell(`add ${kind} ${id}`);
  return () => tell(`drop ${kind} ${id}`);
}

function tell(line: string): void {
  if (guardian === undefined || guardian.exitCode !== null) guardian = start();
  guardian.stdin?.write(`${line}\n`);
}

function start(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", SCRIPT], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  // Without a shell there is no guardian; what was started is then stopped by its owner alone.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  // Neither the shell nor its pipe may keep this process alive.
  child.unref();
  if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
  return child;
}
