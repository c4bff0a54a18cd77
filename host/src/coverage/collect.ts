import { existsSync } from "node:fs";
import path from "node:path";
import { CoverageCollector } from "./collector.ts";

export { type CoverageMap, istanbulCoverage } from "./istanbul.ts";

// A registered symbol: a test's bundle and Vitest's own may each have a copy of this file.
const SHARED = Symbol.for("@sluice/host coverage");

/** The collector of this process, if Vitest's coverage has been turned on by `@sluice/host/coverage`. */
export function sharedCollector(): CoverageCollector | undefined {
  const held: unknown = Reflect.get(globalThis, SHARED);
  // Only `startSharedCollector` puts something there; with two copies of this file it is the other one's class.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return held as CoverageCollector | undefined;
}

/** From now on every host of this process counts, and into one collector. */
export function startSharedCollector(): void {
  Reflect.set(globalThis, SHARED, sharedCollector() ?? new CoverageCollector());
}

/** What a host counts into: nothing, a collector of its own, or that of the process. */
export function coverageFor(option: boolean | undefined): CoverageCollector | undefined {
  if (option === false) return undefined;
  return sharedCollector() ?? (option === true ? new CoverageCollector() : undefined);
}

/** Where a source map's file is: in the folder, or in one above it, since a source map's names begin where the compiler ran. */
export function pathIn(folder: string = process.cwd()): (file: string) => string {
  return (file) => {
    for (let from = folder; ; from = path.dirname(from)) {
      const candidate = path.resolve(from, file);
      if (existsSync(candidate)) return candidate;
      if (path.dirname(from) === from) return path.resolve(folder, file);
    }
  };
}
