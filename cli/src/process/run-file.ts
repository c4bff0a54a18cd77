import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { fieldsOf, listOf } from "../json.ts";
import { killGroup } from "./child.ts";
import { pause } from "./pause.ts";
import { processStartTime } from "./start-time.ts";

/** A process that was started, so that a later `sluice up` can tell whether it still runs. */
export interface RunRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
}

/** What a run keeps on disk while it lasts. */
export interface RunState {
  readonly up: RunRecord;
  readonly children: readonly RunRecord[];
}

/** undefined: not a run file. */
export function parseRunState(text: string): RunState | undefined {
  const state = fieldsOf(parseJson(text));
  const up = toRecord(state["up"]);
  if (up === undefined || !Array.isArray(state["children"])) return undefined;
  const children = listOf(state["children"]).map(toRecord);
  const good = children.filter((child) => child !== undefined);
  return good.length === children.length ? { up, children: good } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toRecord(value: unknown): RunRecord | undefined {
  const { name, pid, startTime } = fieldsOf(value);
  const good = typeof name === "string" && typeof pid === "number" && typeof startTime === "string";
  return good ? { name, pid, startTime } : undefined;
}

export async function readRunState(file: string): Promise<RunState | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseRunState(text);
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export async function writeRunState(file: string, state: RunState): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

export async function removeRunState(file: string): Promise<void> {
  await rm(file, { force: true });
}

export async function isAlive(record: RunRecord): Promise<boolean> {
  return (await processStartTime(record.pid)) === record.startTime;
}

/** Ends the processes of an earlier run that are still there; returns those that it had to end. */
export async function endLeftovers(children: readonly RunRecord[]): Promise<RunRecord[]> {
  const leftovers = await alive(children);
  for (const { pid } of leftovers) killGroup(pid, "SIGTERM");
  const deadline = performance.now() + 5_000;
  while ((await alive(leftovers)).length > 0 && performance.now() < deadline) await pause(50);
  for (const { pid } of await alive(leftovers)) killGroup(pid, "SIGKILL");
  return leftovers;
}

async function alive(records: readonly RunRecord[]): Promise<RunRecord[]> {
  const flags = await Promise.all(records.map(isAlive));
  return records.filter((_, index) => flags[index]);
}
