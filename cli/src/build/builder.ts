import { buildFilterBy } from "./build-filter.ts";
import type { BuildFilterOptions } from "./build-filter.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler } from "./compiler.ts";
import { findCompiler } from "./packages.ts";
import type { BuildResult } from "./result.ts";

/** Builds again and again with a compiler that stays warm: the first build takes a second or two, later ones a fraction. */
export interface Builder {
  /** As `buildFilter`; builds of one builder run one after another. */
  build(options: BuildFilterOptions): Promise<BuildResult>;
  close(): Promise<void>;
}

export function createBuilder(): Builder {
  const compilers = new Map<string, Compiler>();
  return {
    build: (options) =>
      buildFilterBy(options, (root) => {
        const found = findCompiler(root);
        if (found === undefined) return undefined;
        const held = compilers.get(found.ascUrl) ?? startCompiler(found.ascUrl);
        compilers.set(found.ascUrl, held);
        return held;
      }),
    close: async () => void (await Promise.all([...compilers.values()].map((compiler) => compiler.close()))),
  };
}
