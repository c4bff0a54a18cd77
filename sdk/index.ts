// The only file that a filter imports.

export {
  Action,
  BufferType,
  DataAction,
  GrpcStatus,
  HeaderMapType,
  HeadersAction,
  LogLevel,
  MetadataAction,
  MetricType,
  PeerType,
  Status,
  StreamType,
  TrailersAction,
} from "./abi/enums";
export { Bytes } from "./wire/bytes";
export { utf8 } from "./wire/utf8";
export { HeaderList, HeaderPairs } from "./wire/header-pairs";
export { ProtoReader, ProtoWriter } from "./wire/proto";
export { Context } from "./context/context";
export { HttpContext } from "./context/http-context";
export { PluginContext } from "./context/plugin-context";
export { StreamContext } from "./context/stream-context";
export { TcpContext } from "./context/tcp-context";
export { CallResponse } from "./calls/call-response";
export { CallStatus, callStatus } from "./calls/call-status";
export { GrpcCall } from "./calls/grpc-call";
export { HttpCall } from "./calls/http-call";
export {
  callResponseHeaders,
  callResponseTrailers,
  grpcInitialMetadata,
  grpcTrailingMetadata,
  HeaderMap,
  requestHeaders,
  requestTrailers,
  responseHeaders,
  responseTrailers,
} from "./http/headers";
export { Body, downstreamData, grpcMessage, requestBody, responseBody, upstreamData } from "./http/body";
export { getProperty, getPropertyBool, getPropertyI64, setProperty } from "./http/property";
export { sendGrpcResponse, sendLocalResponse, sendLocalResponseWithHeaders } from "./http/local-response";
export { log, logEnabled } from "./http/log";
export { Counter, defineMetric, Gauge, Histogram, incrementMetric, metricValue, recordMetric } from "./http/metric";
export { MetricName } from "./http/metric-name";
export { monotonicNanoseconds, nowNanoseconds } from "./http/clock";
export { Environment, environment } from "./http/environment";
export { randomU64 } from "./http/random";
export { lastStatus } from "./http/status";
export { SharedData, sharedData, SharedValue, Updater } from "./shared/shared-data";
export { SharedQueue } from "./shared/shared-queue";
export { callForeignFunction, clearRouteCache, compress, uncompress } from "./envoy/foreign";
export { sign, signPem, verifySignature, verifySignaturePem } from "./envoy/signature";
export { declareProperty, LifeSpan, PropertyType, setEnvoyFilterState } from "./envoy/state";
export { Expression } from "./envoy/expression";
export { registerPlugin } from "./runtime/plugins";
export { registerHttpContext } from "./runtime/streams";
import "./runtime/abort";
export * from "./envoy/properties/index";
export * from "./config/index";
