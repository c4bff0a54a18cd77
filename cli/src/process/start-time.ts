import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * When a process began, in a form that only compares equal for the same process: a pid alone may since have been given
 * to another one. undefined: there is no such process.
 */
export async function processStartTime(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    return stat === undefined ? undefined : startTimeFromStat(stat);
  }
  const result = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)]).catch(() => undefined);
  const text = result?.stdout.trim() ?? "";
  return text === "" ? undefined : text;
}

/** Field 22 of /proc/PID/stat; the program's name (field 2) stands in parentheses and may itself have blanks. A zombie is gone. */
export function startTimeFromStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
