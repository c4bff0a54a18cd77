import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { processStartTime } from "./start-time.ts";

const LEASH = fileURLToPath(new URL("./leash.ts", import.meta.url));

/** Runs a parent that starts two sleepers on a leash, prints their pids, and waits. */
function startParent() {
  const script = `
    import { spawn } from "node:child_process";
    import { startLeash } from ${JSON.stringify(LEASH)};
    const leash = startLeash();
    const pids = [1, 2].map(() => spawn("sleep", ["60"], { detached: true, stdio: "ignore" }).pid);
    leash.hold(pids);
    console.log(pids.join(" "));
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

async function areRunning(pids: readonly number[]): Promise<boolean[]> {
  return Promise.all(pids.map(async (pid) => (await processStartTime(pid)) !== undefined));
}

test("what hangs on the leash ends when its holder is killed", async () => {
  const parent = startParent();
  const text = await new Promise<string>((resolve) => parent.stdout.once("data", (data) => resolve(String(data))));
  const pids = text.trim().split(" ").map(Number);
  expect(await areRunning(pids)).toEqual([true, true]);
  parent.kill("SIGKILL");
  await expect.poll(() => areRunning(pids), { timeout: 5_000 }).toEqual([false, false]);
});
