import { readdirSync, readFileSync } from "node:fs";

/**
 * Nanoseconds that Envoy's worker threads have spent on a CPU since they started: the first field of
 * /proc/PID/task/TID/schedstat, summed over the threads named wrk:*. Linux only.
 */
export function workerCpuNanoseconds(pid: number): number {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8");
    if (!name.startsWith("wrk:")) continue;
    total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  if (total === 0) throw new Error(`process ${pid} has no thread named wrk:*: is it an Envoy with a worker?`);
  return total;
}
