import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds the packages; asc and the generators run there. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The policies' AssemblyScript. */
export const FILTERS_FOLDER = join(ROOT, "filters");

/** Where `sluice build` puts the compiled policies, and the control plane finds them. */
export const MODULES_FOLDER = join(ROOT, ".build", "filters");

/** Where Node keeps what it has compiled of the control plane. */
export const COMPILE_CACHE_FOLDER = join(ROOT, ".build", "node-compile-cache");
