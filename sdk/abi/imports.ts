// Every host call of proxy-wasm ABI 0.2.1, as it is. A module imports only those that it uses.
// A parameter of type usize that receives something (value, length, token, ...) is the address it is written to:
// data results as address and length, each 4 bytes; numbers in their own size.

// Log and clock

@external("env", "proxy_log")
export declare function proxy_log(
  level: i32,
  message: usize,
  messageLength: usize,
): i32;

@external("env", "proxy_get_log_level")
export declare function proxy_get_log_level(
  level: usize,
): i32;

@external("env", "proxy_get_current_time_nanoseconds")
export declare function proxy_get_current_time_nanoseconds(
  time: usize,
): i32;

@external("env", "proxy_set_tick_period_milliseconds")
export declare function proxy_set_tick_period_milliseconds(
  period: u32,
): i32;

// Buffers

@external("env", "proxy_get_buffer_bytes")
export declare function proxy_get_buffer_bytes(
  type: i32,
  start: u32,
  maxLength: u32,
  data: usize,
  length: usize,
): i32;

@external("env", "proxy_set_buffer_bytes")
export declare function proxy_set_buffer_bytes(
  type: i32,
  start: u32,
  replacedLength: u32,
  data: usize,
  length: usize,
): i32;

@external("env", "proxy_get_buffer_status")
export declare function proxy_get_buffer_status(
  type: i32,
  length: usize,
  flags: usize,
): i32;

// Header maps

@external("env", "proxy_get_header_map_size")
export declare function proxy_get_header_map_size(
  type: i32,
  byteSize: usize,
): i32;

@external("env", "proxy_get_header_map_pairs")
export declare function proxy_get_header_map_pairs(
  type: i32,
  data: usize,
  length: usize,
): i32;

@external("env", "proxy_set_header_map_pairs")
export declare function proxy_set_header_map_pairs(
  type: i32,
  data: usize,
  length: usize,
): i32;

@external("env", "proxy_get_header_map_value")
export declare function proxy_get_header_map_value(
  type: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_add_header_map_value")
export declare function proxy_add_header_map_value(
  type: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_replace_header_map_value")
export declare function proxy_replace_header_map_value(
  type: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_remove_header_map_value")
export declare function proxy_remove_header_map_value(
  type: i32,
  name: usize,
  nameLength: usize,
): i32;

// Streams

@external("env", "proxy_continue_stream")
export declare function proxy_continue_stream(
  type: i32,
): i32;

@external("env", "proxy_close_stream")
export declare function proxy_close_stream(
  type: i32,
): i32;

@external("env", "proxy_get_status")
export declare function proxy_get_status(
  code: usize,
  message: usize,
  messageLength: usize,
): i32;

@external("env", "proxy_send_local_response")
export declare function proxy_send_local_response(
  statusCode: u32,
  details: usize,
  detailsLength: usize,
  body: usize,
  bodyLength: usize,
  headers: usize,
  headersLength: usize,
  grpcStatus: i32,
): i32;

// Call-outs

@external("env", "proxy_http_call")
export declare function proxy_http_call(
  cluster: usize,
  clusterLength: usize,
  headers: usize,
  headersLength: usize,
  body: usize,
  bodyLength: usize,
  trailers: usize,
  trailersLength: usize,
  timeoutMilliseconds: u32,
  token: usize,
): i32;

@external("env", "proxy_grpc_call")
export declare function proxy_grpc_call(
  cluster: usize,
  clusterLength: usize,
  service: usize,
  serviceLength: usize,
  method: usize,
  methodLength: usize,
  initialMetadata: usize,
  initialMetadataLength: usize,
  message: usize,
  messageLength: usize,
  timeoutMilliseconds: u32,
  token: usize,
): i32;

@external("env", "proxy_grpc_stream")
export declare function proxy_grpc_stream(
  cluster: usize,
  clusterLength: usize,
  service: usize,
  serviceLength: usize,
  method: usize,
  methodLength: usize,
  initialMetadata: usize,
  initialMetadataLength: usize,
  token: usize,
): i32;

@external("env", "proxy_grpc_send")
export declare function proxy_grpc_send(
  token: u32,
  message: usize,
  messageLength: usize,
  endOfStream: u32,
): i32;

@external("env", "proxy_grpc_cancel")
export declare function proxy_grpc_cancel(
  token: u32,
): i32;

@external("env", "proxy_grpc_close")
export declare function proxy_grpc_close(
  token: u32,
): i32;

// Shared data and queues

@external("env", "proxy_get_shared_data")
export declare function proxy_get_shared_data(
  key: usize,
  keyLength: usize,
  value: usize,
  valueLength: usize,
  cas: usize,
): i32;

@external("env", "proxy_set_shared_data")
export declare function proxy_set_shared_data(
  key: usize,
  keyLength: usize,
  value: usize,
  valueLength: usize,
  cas: u32,
): i32;

@external("env", "proxy_register_shared_queue")
export declare function proxy_register_shared_queue(
  name: usize,
  nameLength: usize,
  queue: usize,
): i32;

@external("env", "proxy_resolve_shared_queue")
export declare function proxy_resolve_shared_queue(
  vmId: usize,
  vmIdLength: usize,
  name: usize,
  nameLength: usize,
  queue: usize,
): i32;

@external("env", "proxy_enqueue_shared_queue")
export declare function proxy_enqueue_shared_queue(
  queue: u32,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_dequeue_shared_queue")
export declare function proxy_dequeue_shared_queue(
  queue: u32,
  value: usize,
  valueLength: usize,
): i32;

// Metrics

@external("env", "proxy_define_metric")
export declare function proxy_define_metric(
  type: i32,
  name: usize,
  nameLength: usize,
  metric: usize,
): i32;

@external("env", "proxy_increment_metric")
export declare function proxy_increment_metric(
  metric: u32,
  offset: i64,
): i32;

@external("env", "proxy_record_metric")
export declare function proxy_record_metric(
  metric: u32,
  value: u64,
): i32;

@external("env", "proxy_get_metric")
export declare function proxy_get_metric(
  metric: u32,
  value: usize,
): i32;

// Properties, foreign functions, contexts

@external("env", "proxy_get_property")
export declare function proxy_get_property(
  path: usize,
  pathLength: usize,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_set_property")
export declare function proxy_set_property(
  path: usize,
  pathLength: usize,
  value: usize,
  valueLength: usize,
): i32;

@external("env", "proxy_call_foreign_function")
export declare function proxy_call_foreign_function(
  name: usize,
  nameLength: usize,
  argument: usize,
  argumentLength: usize,
  result: usize,
  resultLength: usize,
): i32;

@external("env", "proxy_set_effective_context")
export declare function proxy_set_effective_context(
  context: u32,
): i32;

@external("env", "proxy_done")
export declare function proxy_done(): i32;
