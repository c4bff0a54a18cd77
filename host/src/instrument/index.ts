/** Builds fuel, meters and line counters into modules, without a change of what they do. */
export {
  ALLOCATED_BYTES,
  ALLOCATIONS,
  FUEL,
  instrument,
  type Instrumented,
  type InstrumentOptions,
  lineCounter,
  type NotInstrumented,
} from "./instrument.ts";
export type { CoveragePoint } from "./coverage-points.ts";
export type { OffsetMap } from "./offset-map.ts";
