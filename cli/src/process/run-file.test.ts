import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { endLeftovers, isAlive, parseRunState } from "./run-file.ts";
import { processStartTime, startTimeFromStat } from "./start-time.ts";

test.each([
  ["not JSON", "{"],
  ["null", "null"],
  ["no processes", "{}"],
  ["a child without a pid", `{"up":{"name":"up","pid":1,"startTime":"2"},"children":[{"name":"x","startTime":"3"}]}`],
])("a run file that is no run file: %s", (_, text) => {
  expect(parseRunState(text)).toBeUndefined();
});

test("a run file is read back", () => {
  const state = { up: { name: "up", pid: 1, startTime: "2" }, children: [{ name: "x", pid: 4, startTime: "5" }] };
  expect(parseRunState(JSON.stringify(state))).toEqual(state);
});

test.each([
  ["a plain name", "12 (node) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2", "987654"],
  ["blanks and parentheses in the name", "12 (a) b (c)) R 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 42 1 2", "42"],
  ["a zombie is gone", "12 (node) Z 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2", undefined],
])("the start time of a process: %s", (_, stat, expected) => {
  expect(startTimeFromStat(stat)).toBe(expected);
});

test("only the very same process counts as a leftover, and is ended", async () => {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  const pid = child.pid ?? 0;
  const record = { name: "sleep", pid, startTime: (await processStartTime(pid)) ?? "" };
  const another = { ...record, startTime: "1" };
  expect(await endLeftovers([another])).toEqual([]);
  expect(await endLeftovers([record])).toEqual([record]);
  expect(await exited).toBe("SIGTERM");
  expect(await isAlive(record)).toBe(false);
});
