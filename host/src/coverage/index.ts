/**
 * `@sluice/host/coverage`: a coverage provider for Vitest that reports AssemblyScript beside TypeScript. It is Vitest's own
 * provider, whichever of `@vitest/coverage-v8` and `@vitest/coverage-istanbul` is installed, and adds the lines that modules
 * with a source map have run. Reporters, thresholds and `include` hold for both.
 * @example
 * // vitest.config.ts
 * test: { coverage: { provider: "custom", customProviderModule: "@sluice/host/coverage" } }
 */
import path from "node:path";
import type { CoverageProviderModule } from "vitest/node";
import { baseModule } from "./base-module.ts";
import { istanbulCoverage, pathIn, sharedCollector, startSharedCollector } from "./collect.ts";
import { moduleCoverageFolder, writeModuleCoverage } from "./files.ts";
import { withModules } from "./provider.ts";

const provider: CoverageProviderModule = {
  async startCoverage(options) {
    startSharedCollector();
    return (await baseModule()).startCoverage?.(options);
  },
  async takeCoverage(options) {
    const collector = sharedCollector();
    if (collector !== undefined && options !== undefined) {
      const folder = moduleCoverageFolder(path.dirname(options.coverageFilesDirectory));
      await writeModuleCoverage(folder, istanbulCoverage(collector, pathIn()));
      // One worker may run several files of tests, and is asked after each.
      collector.reset();
    }
    return (await baseModule()).takeCoverage?.(options);
  },
  async stopCoverage(options) {
    return (await baseModule()).stopCoverage?.(options);
  },
  async getProvider() {
    return withModules(await (await baseModule()).getProvider());
  },
};

export default provider;
