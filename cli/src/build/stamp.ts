import { randomUUID } from "node:crypto";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { findCompiler, packageFolder } from "./packages.ts";
import type { BuildTarget } from "./result.ts";
import { sha256 } from "./sha256.ts";

// A stamp beside a module says what it was made from. While everything in it is as it was, the module is up to date.

/** Raised when the build itself makes something else of the same inputs. */
const FORMAT = 3;

export interface Stamp {
  readonly format: number;
  readonly target: BuildTarget;
  readonly compiler: string;
  /** Relative to the root. */
  readonly entry: string;
  /** sha256 by path relative to the root. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly output: string;
  /** Names of the module's functions by index. */
  readonly functionNames: readonly (readonly [number, string])[];
}

/** What a module is made by: the same job with the same inputs makes the same bytes. */
export interface Job {
  readonly root: string;
  readonly entry: string;
  readonly target: BuildTarget;
}

/** The stamp for a module just made. `inputs`: sha256 by absolute path, as they were when the compiler read them. */
export function makeStamp(
  job: Job,
  inputs: ReadonlyMap<string, string>,
  output: string,
  functionNames: ReadonlyMap<number, string>,
): Stamp {
  const sorted = [...inputs].map(([file, hash]) => [path.relative(job.root, file), hash] as const);
  return {
    ...identityOf(job),
    inputs: Object.fromEntries(sorted.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    output,
    functionNames: [...functionNames],
  };
}

/** The stamp of the module if it is there and up to date, else undefined. */
export async function upToDate(outFile: string, job: Job): Promise<Stamp | undefined> {
  const stamp = await readStamp(outFile);
  const identity = Object.entries(identityOf(job));
  if (!stamp || !identity.every(([field, value]) => Reflect.get(stamp, field) === value)) return undefined;
  const files = Object.entries(stamp.inputs).map(([file, hash]) => [path.resolve(job.root, file), hash] as const);
  const expected = [...files, [outFile, stamp.output] as const];
  const matches = await Promise.all(expected.map(async ([file, hash]) => (await hashOf(file)) === hash));
  return matches.every(Boolean) ? stamp : undefined;
}

function identityOf({ root, entry, target }: Job): Omit<Stamp, "inputs" | "output" | "functionNames"> {
  const compiler = findCompiler(root)?.version ?? "none";
  return { format: FORMAT, target, compiler, entry: path.relative(root, entry) };
}

export async function writeStamp(outFile: string, stamp: Stamp): Promise<void> {
  await writeWhole(stampFile(outFile), `${JSON.stringify(stamp, undefined, 2)}\n`);
}

/** Writes a file so that a reader sees the old one or the new one, never a part. */
export async function writeWhole(file: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, contents);
  await rename(temporary, file);
}

function stampFile(outFile: string): string {
  return `${outFile}.stamp.json`;
}

/** What was written beside a module when it was built; undefined for a module that was built otherwise. */
export async function readStamp(outFile: string): Promise<Stamp | undefined> {
  try {
    // Only writeStamp writes this file; `upToDate` compares every field of it before it uses the inputs.
    const stamp: Stamp = JSON.parse(await readFile(stampFile(outFile), "utf8"));
    return stamp;
  } catch {
    return undefined;
  }
}

/**
 * The transform runs inside of asc without being read as a source: its files count as inputs as well. Read before asc
 * runs, so that a change meanwhile makes the module out of date.
 */
export async function transformInputs(root: string): Promise<[string, string][]> {
  const folder = path.join(packageFolder(root, "proxy-wasm-assemblyscript-sdk") ?? root, "transform");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".mjs"));
  const files = names.map((name) => path.join(folder, name));
  return Promise.all(files.map(async (file): Promise<[string, string]> => [file, (await hashOf(file)) ?? ""]));
}

async function hashOf(file: string): Promise<string | undefined> {
  return readFile(file).then(sha256, () => undefined);
}
