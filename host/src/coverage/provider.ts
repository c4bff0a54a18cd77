import type { CoverageProvider } from "vitest/node";
import { moduleCoverageFolder, takeModuleCoverage } from "./files.ts";
import type { CoverageMap } from "./istanbul.ts";

/** The part of an istanbul-lib-coverage map that is used here. */
interface LibCoverageMap {
  merge(other: CoverageMap): void;
  filter(keep: (file: string) => boolean): void;
}

/** What Vitest's providers have beside the interface: whether the options `include` and `exclude` take a file. */
interface Filtering {
  isIncluded?: (file: string) => boolean;
}

/** Vitest's provider with what modules have run added to every map that it makes. */
export function withModules(provider: CoverageProvider & Filtering): CoverageProvider {
  if (provider.generateCoverage === undefined) return provider;
  const generate = provider.generateCoverage.bind(provider);
  const resolve = provider.resolveOptions.bind(provider);
  // The workers load the module that these options name: with Vitest's own name here, they would load Vitest's own.
  provider.resolveOptions = () => ({ ...resolve(), provider: "custom" });
  provider.generateCoverage = async (context) => {
    // Both providers make a map of istanbul-lib-coverage, which Vitest's own type leaves open.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const map = (await generate(context)) as LibCoverageMap;
    const folder = moduleCoverageFolder(resolve().reportsDirectory);
    const maps = (await takeModuleCoverage(folder)).map((one) => included(one, provider));
    const ours = new Set(maps.flatMap((one) => Object.keys(one)));
    // A source of AssemblyScript that no test imports counts as a TypeScript file that never ran.
    map.filter((file) => !ours.has(file));
    for (const one of maps) map.merge(one);
    return map;
  };
  return provider;
}

function included(map: CoverageMap, provider: Filtering): CoverageMap {
  return Object.fromEntries(Object.entries(map).filter(([file]) => provider.isIncluded?.(file) ?? true));
}
