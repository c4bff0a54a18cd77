/** Policies of the mesh model, compiled to the programs that the filters read. Pure; knows no Envoy type. */
export { compileAuthorization, customAuthorizations, isMarked, explainAuthorization } from "./authorization.ts";
export type {
  AuthorizationOptions,
  AuthorizationRequest,
  CustomAuthorization,
  Explanation,
  Reading,
  TrustDomains,
} from "./authorization.ts";
export { bundlePrograms } from "./bundle.ts";
export type { BundledPrograms } from "./bundle.ts";
export { compileFault } from "./fault.ts";
export { compileHeaders, requestOperations, responseOperations } from "./headers.ts";
export type { HeaderOperation } from "./headers.ts";
export { compileTelemetry } from "./telemetry.ts";
export type { TelemetryOptions, TelemetrySide } from "./telemetry.ts";
export { metricTags } from "./metric-tags.ts";
export type { MetricTag } from "./metric-tags.ts";
