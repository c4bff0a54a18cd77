import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeRunState } from "../process/run-file.ts";
import { processStartTime } from "../process/start-time.ts";
import { takeOver } from "./take-over.ts";

let folder: string;
let runFile: string;
const log: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  runFile = join(folder, "run.json");
  log.length = 0;
});

afterEach(() => rmSync(folder, { recursive: true }));

async function record(name: string, pid: number) {
  return { name, pid, startTime: (await processStartTime(pid)) ?? "gone" };
}

test("nothing is left where nothing ran", async () => {
  await takeOver(runFile, (line) => log.push(line));
  expect(log).toEqual([]);
});

test("a run that still lasts is told, with its process", async () => {
  await writeRunState(runFile, { up: await record("sluice up", process.pid), children: [] });
  await expect(takeOver(runFile, (line) => log.push(line))).rejects.toThrow(`process ${process.pid} runs it`);
});

test("what a killed run has left is stopped, and said", async () => {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const pid = child.pid ?? 0;
  const up = { name: "sluice up", pid: process.pid, startTime: "another process had this pid" };
  await writeRunState(runFile, { up, children: [await record("envoy web", pid)] });
  await takeOver(runFile, (line) => log.push(line));
  await exited;
  expect(log).toEqual([`  stopped what an earlier run had left: envoy web (${pid})`]);
});
