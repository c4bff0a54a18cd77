// The declarations of a package, as tsc makes them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./setup.mjs";

/** A relative import in a declaration; the sources' files end in `.ts`. */
const RELATIVE = /(["'])(\.{1,2}\/[^"']*)\.ts\1/g;

/**
 * Copies the declarations of the modules of a package, and of all that they import from it, with the names that the files
 * have for a user. Throws where the package has type errors.
 * @param modules paths below `src`, without their ending
 */
export function copyTypes(workspace, modules, to) {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const { status, stdout } = spawnSync(tsc, ["-b", join(root, workspace)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${workspace} has type errors:\n${stdout}`);
  const from = join(root, ".build", "types", workspace, workspace, "src");
  const waiting = modules.map((name) => join(from, `${name}.d.ts`));
  for (const file of waiting) {
    const text = readFileSync(file, "utf8");
    const target = join(to, relative(from, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text.replaceAll(RELATIVE, "$1$2.js$1"));
    for (const [, , imported] of text.matchAll(RELATIVE)) {
      const next = join(dirname(file), `${imported}.d.ts`);
      if (existsSync(next) && !waiting.includes(next)) waiting.push(next);
    }
  }
}
