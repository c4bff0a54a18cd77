import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

/** A parent that starts two children, guards both, takes one off again, tells their pids, and is killed then. */
const PARENT = `
  import { spawn } from "node:child_process";
  import { guard } from ${JSON.stringify(new URL("./guardian.ts", import.meta.url).href)};
  const start = () => spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  const guarded = start();
  const released = start();
  guard("process", guarded.pid);
  guard("process", released.pid)();
  setTimeout(() => process.stdout.write(guarded.pid + " " + released.pid + "\\n"), 100);
  setInterval(() => {}, 1000);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("what is guarded ends with a parent that was killed; what was released does not", async () => {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", PARENT], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
  const [guarded = 0, released = 0] = String(line).trim().split(" ").map(Number);
  expect(isAlive(guarded) && isAlive(released)).toBe(true);
  parent.kill("SIGKILL");
  for (let tries = 0; tries < 100 && isAlive(guarded); tries++) await sleep(20);
  expect(isAlive(guarded)).toBe(false);
  expect(isAlive(released)).toBe(true);
  process.kill(released);
});
