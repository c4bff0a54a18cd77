import type { CoverageProviderModule } from "vitest/node";
import { HostError } from "../error.ts";

const CANDIDATES = ["@vitest/coverage-v8", "@vitest/coverage-istanbul"];

let loaded: Promise<CoverageProviderModule> | undefined;

/** Vitest's own provider that is installed. Rejects with HostError `use` when there is none. */
export function baseModule(): Promise<CoverageProviderModule> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<CoverageProviderModule> {
  for (const name of CANDIDATES) {
    // Imported by a name that the type checker cannot follow: only one of them needs to be installed.
    const found: { default: CoverageProviderModule } | undefined = await import(name).catch(() => undefined);
    if (found !== undefined) return found.default;
  }
  throw new HostError("use", `coverage needs one of ${CANDIDATES.join(", ")}: npm install --save-dev ${CANDIDATES[0]}`);
}
