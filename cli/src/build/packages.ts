import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** Where a package lies that a project uses; undefined when it is not installed. */
export function packageFolder(root: string, name: string): string | undefined {
  try {
    return path.dirname(createRequire(path.join(root, "package.json")).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The compiler of a project: its own asc, so that a build depends on nothing but the project. */
export interface CompilerPackage {
  readonly version: string;
  readonly ascUrl: string;
}

/** The project's assemblyscript, else the one that comes with this command. */
export function findCompiler(root: string): CompilerPackage | undefined {
  const folder = packageFolder(root, "assemblyscript") ?? packageFolder(import.meta.dirname, "assemblyscript");
  if (folder === undefined) return undefined;
  // npm writes this file; every package has a version.
  const { version }: { version: string } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  return { version, ascUrl: pathToFileURL(path.join(folder, "dist", "asc.js")).href };
}
