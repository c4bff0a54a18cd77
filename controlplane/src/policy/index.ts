/** Policies of the mesh model, compiled to the programs that the filters read. Pure; knows no Envoy type. */
export { compileAuthorization } from "./authorization.ts";
export { compileFault } from "./fault.ts";
export { compileHeaders, requestOperations, responseOperations } from "./headers.ts";
export type { HeaderOperation } from "./headers.ts";
export { compileTelemetry } from "./telemetry.ts";
export { metricTags } from "./metric-tags.ts";
export type { MetricTag } from "./metric-tags.ts";
