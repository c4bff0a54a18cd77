/** The public API of `@sluice/host`: run proxy-wasm modules in a real Envoy, or in process. */
export * from "./envoy/index.ts";
export { isDifferential } from "./differential/switch.ts";
export { HostError, type HostErrorCode } from "./error.ts";
export { Action, BufferType, LogLevel, MapType, MetricType, Status, StreamType } from "./abi/numbers.ts";
export { HOST_CALLS, WASI_MODULES } from "./abi/names.ts";
export type { PropertyTree, PropertyValue } from "./abi/property.ts";
export type { LocalReply } from "./core/contexts.ts";
export type { Fault } from "./core/faults.ts";
export type { ForeignFunction } from "./core/foreign.ts";
export type { Trap } from "./core/guest.ts";
export type { Header, HeaderMap } from "./core/header-map.ts";
export type { Misuse, MisuseKind } from "./core/misuse.ts";
export type { Metric, MetricRegistry } from "./core/metrics.ts";
export type { StatsTag } from "./core/prometheus.ts";
export type { SharedData, SharedValue } from "./core/shared-data.ts";
export type { FailurePolicy, StepResult } from "./core/step.ts";
export type { LogRecord } from "./core/vm-state.ts";
export type { Chain, StreamOptions } from "./vm/chain.ts";
export {
  type CallOut,
  type Cluster,
  delay,
  hold,
  type Outcome,
  type PendingCall,
  type Reply,
  reset,
  timeout,
} from "./vm/clusters.ts";
export type { Connection } from "./vm/connection.ts";
export type { CoverageMap, FileCoverage } from "./coverage/istanbul.ts";
export { formatTranscript, type Measured, type TranscriptEntry } from "./observe/index.ts";
export { loadModule, withSourceMap } from "./source-map/sources.ts";
export type { Clock } from "./vm/defaults.ts";
export type { FetchOptions, Upstream } from "./vm/fetch.ts";
export type { GrpcReply, GrpcRequest, GrpcServer, GrpcServerStream } from "./vm/grpc.ts";
export { createHost, type Host, type HostOptions, type LoadOptions } from "./vm/host.ts";
export type { Loader } from "./vm/loader.ts";
export type { Plugin } from "./vm/plugin.ts";
export type { Sent, StepOptions, Stream } from "./vm/stream.ts";
export type { Limits } from "./vm/tools.ts";
