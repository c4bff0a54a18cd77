import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startChild } from "./child.ts";
import { Processes } from "./processes.ts";
import type { Kind } from "./processes.ts";
import { readRunState } from "./run-file.ts";

let folder: string;
let log: string[];
let processes: Processes;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  log = [];
  processes = new Processes({ runFile: join(folder, "run.json"), log: (line) => log.push(line) });
});

afterEach(async () => {
  await processes.stopAll();
  rmSync(folder, { recursive: true });
});

function start(kind: Kind, name: string, script: string): void {
  const logFile = join(folder, `${name}.log`);
  const command = { file: "/bin/sh", args: ["-c", script], cwd: folder, env: process.env, logFile };
  processes.start({ kind, name, logFile, launch: () => Promise.resolve(startChild(command)) });
}

async function children(): Promise<{ name: string; pid: number }[]> {
  const state = await readRunState(join(folder, "run.json"));
  return (state?.children ?? []).map(({ name, pid }) => ({ name, pid }));
}

test("a process that is killed runs again under a new pid, and the run file follows", async () => {
  start("program", "web", "sleep 60");
  await vi.waitUntil(async () => (await children()).length === 1);
  const [first] = await children();
  process.kill(first?.pid ?? 0, "SIGKILL");
  await vi.waitUntil(async () => (await children()).some(({ pid }) => pid !== first?.pid), { timeout: 5_000 });
  expect(log[0]).toMatch(/^program web was killed by SIGKILL; starting it again in 250 ms \(log: .*web\.log\)$/);
  expect(log[1]).toMatch(/^program web runs again, as process \d+$/);
});

test("programs stop before Envoys, Envoys before the control plane, and nothing is left", async () => {
  for (const kind of ["control plane", "envoy", "program"] as const) {
    // Each says when it goes, and takes a moment over it; what the shell started goes with it.
    start(kind, kind, `trap 'sleep 0.1; echo ${kind} >> order; exit' TERM; echo up; sleep 60 & wait`);
  }
  const isUp = (kind: string): boolean =>
    existsSync(join(folder, `${kind}.log`)) && readFileSync(join(folder, `${kind}.log`), "utf8") === "up\n";
  await vi.waitUntil(() => ["control plane", "envoy", "program"].every(isUp), { timeout: 5_000 });
  await processes.stopAll();
  expect(readFileSync(join(folder, "order"), "utf8")).toBe("program\nenvoy\ncontrol plane\n");
  expect(existsSync(join(folder, "run.json"))).toBe(false);
});

test("a command that does not exist is told", async () => {
  const logFile = join(folder, "x.log");
  const command = { file: "/no/such/file", args: [], cwd: folder, env: {}, logFile };
  processes.start({ kind: "envoy", name: "x", logFile, launch: () => Promise.resolve(startChild(command)) });
  await vi.waitUntil(() => log.length > 0);
  expect(log[0]).toContain("envoy x could not be started: spawn /no/such/file ENOENT");
});
