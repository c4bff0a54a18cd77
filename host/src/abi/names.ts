/** Every function of ABI 0.2.1 that a module may import from `env`. A host knows all of them by name. */
export const HOST_CALLS = [
  "proxy_log",
  "proxy_get_log_level",
  "proxy_get_current_time_nanoseconds",
  "proxy_set_tick_period_milliseconds",
  "proxy_get_buffer_bytes",
  "proxy_set_buffer_bytes",
  "proxy_get_buffer_status",
  "proxy_get_header_map_size",
  "proxy_get_header_map_pairs",
  "proxy_set_header_map_pairs",
  "proxy_get_header_map_value",
  "proxy_add_header_map_value",
  "proxy_replace_header_map_value",
  "proxy_remove_header_map_value",
  "proxy_continue_stream",
  "proxy_close_stream",
  "proxy_get_status",
  "proxy_send_local_response",
  "proxy_http_call",
  "proxy_grpc_call",
  "proxy_grpc_stream",
  "proxy_grpc_send",
  "proxy_grpc_cancel",
  "proxy_grpc_close",
  "proxy_set_shared_data",
  "proxy_get_shared_data",
  "proxy_register_shared_queue",
  "proxy_resolve_shared_queue",
  "proxy_enqueue_shared_queue",
  "proxy_dequeue_shared_queue",
  "proxy_define_metric",
  "proxy_record_metric",
  "proxy_increment_metric",
  "proxy_get_metric",
  "proxy_get_property",
  "proxy_set_property",
  "proxy_call_foreign_function",
  "proxy_set_effective_context",
  "proxy_done",
] as const;
export type HostCallName = (typeof HOST_CALLS)[number];

/** Both module names under which WASI functions are found. */
export const WASI_MODULES: readonly string[] = ["wasi_snapshot_preview1", "wasi_unstable"];

/** The version that a module declares by exporting `proxy_abi_version_X_Y_Z`, such as `0.2.1`. */
export function abiVersionOf(exports: readonly string[]): string | undefined {
  const marker = exports.find((name) => name.startsWith("proxy_abi_version_"));
  return marker?.slice("proxy_abi_version_".length).replaceAll("_", ".");
}
