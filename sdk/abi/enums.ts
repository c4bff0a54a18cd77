// The numbers of proxy-wasm ABI 0.2.1. They are fixed by the ABI: never renumber.

/** What a host call answers. A host may answer numbers that are not named here; they are passed on unchanged. */
export enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  ResultMismatch = 9,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
}

/** How grave a log message is. The host writes those of its own level and above. */
export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** The host's buffers, as `Body` and the callbacks have them. */
export enum BufferType {
  RequestBody = 0,
  ResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  HttpCallResponseBody = 4,
  GrpcReceiveBuffer = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  CallData = 8,
}

/** The host's header maps, as `HeaderMap` has them. */
export enum HeaderMapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  GrpcReceiveInitialMetadata = 4,
  GrpcReceiveTrailingMetadata = 5,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

/** What can be stopped, resumed and closed. */
export enum StreamType {
  Request = 0,
  Response = 1,
  Downstream = 2,
  Upstream = 3,
}

/** Who closed a connection. */
export enum PeerType {
  Unknown = 0,
  Local = 1,
  Remote = 2,
}

/** A counter only goes up, a gauge has a value, a histogram takes samples. */
export enum MetricType {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

/**
 * What a headers callback wants. Envoy treats `StopIteration` as `StopAllIterationAndWatermark`, unless the plugin
 * is configured with `allow_on_headers_stop_iteration`.
 */
export enum HeadersAction {
  Continue = 0,
  StopIteration = 1,
  ContinueAndEndStream = 2,
  StopAllIterationAndBuffer = 3,
  StopAllIterationAndWatermark = 4,
}

/**
 * What a body callback wants. A TCP connection knows only two answers: `Continue`, and everything else, which keeps the
 * data in the connection's buffer until more comes or the stream is resumed.
 */
export enum DataAction {
  Continue = 0,
  StopIterationAndBuffer = 1,
  StopIterationAndWatermark = 2,
  StopIterationNoBuffer = 3,
}

/** What a callback of a new TCP connection wants. */
export enum Action {
  Continue = 0,
  StopIteration = 1,
}

/** What a callback for HTTP/2 METADATA frames wants (an extension of Envoy's). */
export enum MetadataAction {
  Continue = 0,
  ContinueAll = 1,
}

/** What a trailers callback wants. */
export enum TrailersAction {
  Continue = 0,
  StopIteration = 1,
}

/** gRPC's codes, for local responses; `None` sends no grpc-status of its own. */
export enum GrpcStatus {
  None = -1,
  Ok = 0,
  Canceled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
}
