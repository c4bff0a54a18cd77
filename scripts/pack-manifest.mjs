import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** The package.json of a folder of this repository. */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

/** Writes the package.json of a package to be published, with the licence and the workspace's README beside it. */
export function writeManifest(folder, manifest, workspace) {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  const readme = join(root, workspace, "README.md");
  if (existsSync(readme)) cpSync(readme, join(folder, "README.md"));
}
