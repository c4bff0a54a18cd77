import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "./errors.ts";

const format = "sluice-state/1";

/** What was read, and why not, if the file was there but no good. */
export interface LoadedState {
  readonly state: unknown;
  readonly problem?: string;
}

/** Reads what `saveState` wrote. A missing file is a first start; a damaged one is reported and counts as missing. */
export async function loadState(path: string): Promise<LoadedState> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return { state: undefined };
    return { state: undefined, problem: `${path}: cannot be read: ${messageOf(error)}` };
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (isEnvelope(parsed)) return { state: parsed.state };
    return { state: undefined, problem: `${path}: is not a state file of this version` };
  } catch (error) {
    return { state: undefined, problem: `${path}: is damaged: ${messageOf(error)}` };
  }
}

/** Replaces the file as a whole: a crash leaves either the old or the new content. */
export async function saveState(path: string, state: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, JSON.stringify({ format, state }), { flush: true, mode: 0o600 });
  await rename(temporary, path);
}

function isEnvelope(value: unknown): value is { state: unknown } {
  return (
    typeof value === "object" && value !== null && "format" in value && value.format === format && "state" in value
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
