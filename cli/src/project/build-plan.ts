import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { EXIT, Failure } from "../failure.ts";
import { filterName } from "../build/index.ts";
import { FILTERS_FOLDER, MODULES_FOLDER, PACKED, ROOT } from "../paths.ts";
import { findProject, projectIn } from "./find-project.ts";

/** What `sluice build` is asked for. Paths are absolute. */
export type BuildPlan =
  | { readonly kind: "one"; readonly entry: string; readonly outFile: string; readonly root: string | undefined }
  | { readonly kind: "folder"; readonly folder: string; readonly outFolder: string; readonly root: string | undefined };

/** In a checkout, filters that lie outside of every project are built with its packages. */
const fallbackRoot = PACKED ? undefined : ROOT;

export interface BuildWish {
  /** A source file or a folder; without one it is the project here. */
  readonly given: string | undefined;
  /** A folder for modules. */
  readonly out: string | undefined;
  readonly workingFolder: string;
}

/** Throws a Failure that says what to give where nothing is found. */
export function planBuild(wish: BuildWish): BuildPlan {
  const { workingFolder } = wish;
  if (wish.given === undefined) return planHere(wish);
  const given = path.resolve(workingFolder, wish.given);
  if (!existsSync(given))
    throw new Failure(`${wish.given} does not exist: give a source, a folder, or nothing`, EXIT.usage);
  if (!statSync(given).isDirectory()) return planFile(given, wish);
  const project = projectIn(given);
  if (project !== undefined) return one(project.entry, project.outFile, wish);
  const entry = path.join(given, "index.ts");
  if (existsSync(entry)) return planFile(entry, wish);
  const outFolder = path.resolve(workingFolder, wish.out ?? defaultOutFolder(given));
  return { kind: "folder", folder: given, outFolder, root: findRootOf(given) ?? fallbackRoot };
}

function planHere(wish: BuildWish): BuildPlan {
  const project = findProject(wish.workingFolder);
  if (project !== undefined) return one(project.entry, project.outFile, wish);
  if (PACKED) {
    const advice = "make one with `sluice init NAME`, or give a source: `sluice build FILE`";
    throw new Failure(
      `no filter here: neither ${wish.workingFolder} nor a folder above has asconfig.json and assembly/index.ts.\n${advice}`,
      EXIT.usage,
    );
  }
  return { kind: "folder", folder: FILTERS_FOLDER, outFolder: path.resolve(wish.out ?? MODULES_FOLDER), root: ROOT };
}

/** A source goes to the `build` folder of the project that it lies in. */
function planFile(entry: string, wish: BuildWish): BuildPlan {
  if (!entry.endsWith(".ts"))
    throw new Failure(`${wish.given} is no AssemblyScript source: its name ends in .ts`, EXIT.usage);
  const project = findProject(path.dirname(entry));
  if (project?.entry === entry) return one(entry, project.outFile, wish);
  const root = findRootOf(path.dirname(entry)) ?? wish.workingFolder;
  return one(entry, path.join(root, "build", `${filterName(entry)}.wasm`), wish);
}

function one(entry: string, outFile: string, { out, workingFolder }: BuildWish): BuildPlan {
  const chosen = out === undefined ? outFile : path.resolve(workingFolder, out, path.basename(outFile));
  return { kind: "one", entry, outFile: chosen, root: findRootOf(path.dirname(entry)) ?? fallbackRoot };
}

/** The mesh's own policies go where the control plane finds them; everything else beside itself. */
function defaultOutFolder(folder: string): string {
  if (folder === path.resolve(FILTERS_FOLDER)) return MODULES_FOLDER;
  return path.join(findRootOf(folder) ?? folder, "build");
}

function findRootOf(from: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "asconfig.json"))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}
