import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** True in the published package, which has JavaScript, the compiled policies and the generated types inside. */
export const PACKED = !import.meta.url.endsWith(".ts");

/** The folder that holds the packages, where asc and the generators run; in the published package, that package's own. */
export const ROOT = fileURLToPath(new URL(PACKED ? ".." : "../..", import.meta.url));

/** The policies' AssemblyScript; not in the published package. */
export const FILTERS_FOLDER = join(ROOT, "filters");

/** Where `sluice build` puts the compiled policies, and the control plane finds them. */
export const MODULES_FOLDER = PACKED ? join(ROOT, "modules") : join(ROOT, ".build", "filters");

/** Where Node keeps what it has compiled of the control plane. */
export const COMPILE_CACHE_FOLDER = PACKED
  ? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sluice", "node-compile-cache")
  : join(ROOT, ".build", "node-compile-cache");
