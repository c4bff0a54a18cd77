// The compile step behind `sluice build`: AssemblyScript in, checked modules out.

export { buildFilter, filterName } from "./build-filter.ts";
export type { BuildFilterOptions } from "./build-filter.ts";
export { createBuilder } from "./builder.ts";
export type { Builder } from "./builder.ts";
export { buildFilters } from "./build-filters.ts";
export type { BuildFiltersOptions } from "./build-filters.ts";
export { checkModule } from "./check-module.ts";
export type { Excerpt } from "./excerpt.ts";
export { formatBuildDiagnostic } from "./result.ts";
export type { BuildDiagnostic, BuildResult, BuildTarget, BuiltModule, FailedModule } from "./result.ts";
export { readStamp } from "./stamp.ts";
