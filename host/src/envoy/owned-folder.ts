import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a temporary folder `PREFIX` + our process id + a random end. Folders of that prefix whose process has gone without
 * cleaning up, as after SIGKILL, are removed on the way.
 */
export async function ownedFolder(prefix: string): Promise<string> {
  const inside = await readdir(tmpdir()).catch(() => []);
  const left = inside.filter((name) => name.startsWith(prefix) && !isAlive(ownerOf(name.slice(prefix.length))));
  await Promise.all(left.map(async (name) => await rm(join(tmpdir(), name), { recursive: true, force: true })));
  return await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** The process id that a folder's name begins with; undefined for a folder of someone else. */
function ownerOf(rest: string): number | undefined {
  const match = /^(\d+)-/.exec(rest);
  return match === null ? undefined : Number(match[1]);
}

/** A process that we may not signal is alive all the same. What is no process of ours counts as alive. */
function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
