import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { CoverageMap } from "./istanbul.ts";

/** Beside the folder in which Vitest's workers leave their coverage, and not in it: Vitest reads every file there. */
export function moduleCoverageFolder(reportsDirectory: string): string {
  return path.join(reportsDirectory, ".modules");
}

/** What a worker has counted; nothing is written for nothing. */
export async function writeModuleCoverage(folder: string, coverage: CoverageMap): Promise<void> {
  if (Object.keys(coverage).length === 0) return;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${randomUUID()}.json`), JSON.stringify(coverage));
}

/** What all workers have counted, one map for each; the folder is gone afterwards. */
export async function takeModuleCoverage(folder: string): Promise<CoverageMap[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  await rm(folder, { recursive: true, force: true });
  // Only `writeModuleCoverage` writes there.
  return texts.map((text): CoverageMap => JSON.parse(text));
}
