/**
 * `@sluice/host/measure`: what a filter costs in a real Envoy, as CPU time of the worker thread, which other work on the
 * machine disturbs far less than wall time. Linux only. Figures are for comparisons within one run.
 */
export { base64, benchConfig, type BenchListener, wasmFilter } from "./listeners.ts";
export { type LoadOptions, type LoadResult, sendLoad } from "./load.ts";
export { noOpModule } from "./no-op.ts";
export { measure, type Measured, type Plan, type Variant } from "./rounds.ts";
export { workerCpuNanoseconds } from "./worker-cpu.ts";
