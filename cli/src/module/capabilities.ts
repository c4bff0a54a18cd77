/** What a module may do by its imports, in a user's words; each import belongs to one. */
const CAPABILITIES: readonly (readonly [capability: string, imports: RegExp])[] = [
  ["headers and trailers", /^env\.proxy_\w+_header_map_\w+$/],
  ["bodies and data", /^env\.proxy_\w+_buffer_\w+$/],
  ["the stream's course", /^env\.proxy_(continue_\w+|close_stream|send_local_response|clear_route_cache)$/],
  ["properties", /^env\.proxy_[gs]et_property$/],
  ["HTTP call-outs", /^env\.proxy_http_call$/],
  ["gRPC call-outs", /^env\.proxy_grpc_\w+$/],
  ["shared data", /^env\.proxy_[gs]et_shared_data$/],
  ["shared queues", /^env\.proxy_\w+_shared_queue$/],
  ["metrics", /^env\.proxy_\w+_metric$/],
  ["foreign functions", /^env\.proxy_call_foreign_function$/],
  ["timers and clock", /^env\.proxy_(set_tick_period_milliseconds|get_current_time_nanoseconds)$|\.clock_time_get$/],
  ["logs", /^env\.proxy_(log|get_log_level)$|\.fd_write$/],
  ["randomness", /\.random_get$/],
  ["environment and arguments", /\.(environ|args)_\w+$/],
  ["contexts", /^env\.proxy_(set_effective_context|done|get_status|get_configuration)$/],
  ["the system, as WASI has it", /^wasi_\w+\./],
];

const OTHER = "other";

/** Imports (`env.proxy_log`) by capability, in a fixed order; those of none come last, as `other`. */
export function groupByCapability(imports: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const groups = new Map<string, string[]>();
  for (const name of imports) {
    const [capability] = CAPABILITIES.find(([, pattern]) => pattern.test(name)) ?? [OTHER];
    groups.set(capability, [...(groups.get(capability) ?? []), name]);
  }
  const order = [...CAPABILITIES.map(([capability]) => capability), OTHER];
  return Object.fromEntries(
    order.flatMap((capability) => {
      const names = groups.get(capability);
      return names === undefined ? [] : [[capability, names]];
    }),
  );
}
