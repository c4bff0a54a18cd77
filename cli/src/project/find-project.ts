import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fieldsOf } from "../json.ts";

/** A folder with a filter of its own, as `sluice init` makes it. Paths are absolute. */
export interface Project {
  readonly folder: string;
  /** The package's name without its scope. */
  readonly name: string;
  readonly entry: string;
  /** Where `sluice build` puts the module. */
  readonly outFile: string;
}

const CONFIG = "asconfig.json";
const ENTRY = path.join("assembly", "index.ts");
const OUT_FOLDER = "build";

/** The project whose folder this is: it has asconfig.json and assembly/index.ts. */
export function projectIn(folder: string): Project | undefined {
  const entry = path.join(folder, ENTRY);
  if (!existsSync(path.join(folder, CONFIG)) || !existsSync(entry)) return undefined;
  const name = packageName(folder) ?? path.basename(folder);
  return { folder, name, entry, outFile: path.join(folder, OUT_FOLDER, `${name}.wasm`) };
}

/** The project that a folder or one above it is. */
export function findProject(from: string): Project | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const project = projectIn(folder);
    if (project !== undefined || folder === path.dirname(folder)) return project;
  }
}

function packageName(folder: string): string | undefined {
  try {
    const { name } = fieldsOf(JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")));
    return typeof name === "string" && name !== "" ? name.replace(/^@[^/]*\//, "") : undefined;
  } catch {
    return undefined;
  }
}
