/** The public API of `@sluice/host`: run proxy-wasm modules in a real Envoy, or in process. */
export * from "./envoy/index.ts";
export { HostError, type HostErrorCode } from "./error.ts";
export { Action, BufferType, LogLevel, MapType, MetricType, Status, StreamType } from "./abi/numbers.ts";
export type { PropertyTree, PropertyValue } from "./abi/property.ts";
export type { LocalReply } from "./core/contexts.ts";
export type { Trap } from "./core/guest.ts";
export type { Header, HeaderMap } from "./core/header-map.ts";
export type { Metric, MetricRegistry } from "./core/metrics.ts";
export type { FailurePolicy, StepResult } from "./core/step.ts";
export type { LogRecord } from "./core/vm-state.ts";
export type { Clock } from "./vm/defaults.ts";
export { createHost, type Host, type HostOptions, type LoadOptions } from "./vm/host.ts";
export type { Plugin, StreamOptions } from "./vm/plugin.ts";
export type { StepOptions, Stream } from "./vm/stream.ts";
