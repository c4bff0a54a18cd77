// The only file that a filter imports.

export {
  BufferType,
  DataAction,
  GrpcStatus,
  HeaderMapType,
  HeadersAction,
  LogLevel,
  MetricType,
  Status,
  StreamType,
  TrailersAction,
} from "./abi/enums";
export { Bytes } from "./wire/bytes";
export { utf8 } from "./wire/utf8";
export { HeaderList, HeaderPairs } from "./wire/header-pairs";
export { HttpContext, PluginContext } from "./http/context";
export { HeaderMap, requestHeaders, requestTrailers, responseHeaders, responseTrailers } from "./http/headers";
export { Body, requestBody, responseBody } from "./http/body";
export { getProperty, getPropertyBool, getPropertyI64, setProperty } from "./http/property";
export { sendLocalResponse, sendLocalResponseWithHeaders } from "./http/local-response";
export { log, logEnabled } from "./http/log";
export { defineMetric, incrementMetric, metricValue, recordMetric } from "./http/metric";
export { nowNanoseconds } from "./http/clock";
export { randomU64 } from "./http/random";
export { lastStatus } from "./http/status";
export { callForeignFunction, clearRouteCache } from "./envoy/foreign";
export { registerPlugin } from "./runtime/plugins";
import "./runtime/abort";
