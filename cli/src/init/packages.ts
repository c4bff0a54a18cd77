import { readdirSync } from "node:fs";
import path from "node:path";
import { EXIT, Failure } from "../failure.ts";
import { OURS, PINNED, VERSION } from "../version.ts";
import type { ProjectFiles } from "./templates.ts";

/** What a project depends on: our packages, what its compiler and tests need, and what its files import besides. */
export function dependenciesOf(files: ProjectFiles, packagesFrom: string | undefined): Record<string, string> {
  const imported = [...files.values()].flatMap(importedPackages);
  const needed = Object.entries(PINNED).filter(([name]) => name !== "fast-check" || imported.includes(name));
  const ours = OURS.map((name) => [name, packagesFrom === undefined ? VERSION : tarball(name, packagesFrom)] as const);
  return Object.fromEntries([...ours, ...needed].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Packages that a file imports, without the path within them. */
export function importedPackages(text: string): string[] {
  return [...text.matchAll(/^import (?:[^"]* from )?"([^".][^"]*)";/gm)].flatMap(([, name = ""]) => {
    if (name.startsWith("node:")) return [];
    return [
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    ];
  });
}

/** The tarball of a package as `npm pack` calls it: `sluice-host-0.1.0.tgz` for `@sluice/host`. */
function tarball(name: string, folder: string): string {
  const prefix = `${name.replace("@", "").replace("/", "-")}-`;
  const found = namesIn(folder).filter(
    (file) => file.startsWith(prefix) && /^\d[^-]*.*\.tgz$/.test(file.slice(prefix.length)),
  );
  const last = found.toSorted().at(-1);
  if (last === undefined) {
    const message = `${folder} has no ${prefix}VERSION.tgz: put there what \`npm pack\` makes of ${OURS.join(", ")}`;
    throw new Failure(message, EXIT.usage);
  }
  return `file:${path.resolve(folder, last)}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw new Failure(
      `${folder} is no folder: --packages-from (or SLUICE_PACKAGES) names a folder of tarballs`,
      EXIT.usage,
    );
  }
}
