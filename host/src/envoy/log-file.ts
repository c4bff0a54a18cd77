import { readFileSync } from "node:fs";

/** A log file's text, or nothing when there is none (yet). */
export function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** A line of the list of extensions that Envoy prints when it starts: long, and never the reason of a failure. */
const EXTENSION_LIST = /\[source\/server\/server\.cc:\d+\]\s{3}\S+: /;

/** The last lines of a log that may tell something, for an error. */
export function lastLines(path: string, count: number): string {
  const lines = readLog(path)
    .split("\n")
    .filter((line) => line !== "" && !EXTENSION_LIST.test(line));
  return lines.slice(-count).join("\n");
}
