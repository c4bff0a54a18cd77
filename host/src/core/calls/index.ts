import type { HostCallName } from "../../abi/names.ts";
import type { HostCall } from "../host-call.ts";
import { proxyGetBufferBytes, proxyGetBufferStatus } from "./buffers.ts";
import {
  proxyAddHeaderMapValue,
  proxyGetHeaderMapPairs,
  proxyGetHeaderMapSize,
  proxyGetHeaderMapValue,
  proxyRemoveHeaderMapValue,
  proxyReplaceHeaderMapValue,
  proxySetHeaderMapPairs,
} from "./header-maps.ts";
import { proxyGetLogLevel, proxyLog } from "./log.ts";
import { proxyDefineMetric, proxyGetMetric, proxyIncrementMetric, proxyRecordMetric } from "./metrics.ts";
import { proxyGetProperty } from "./properties.ts";
import { proxyGetSharedData, proxySetSharedData } from "./shared-data.ts";
import { proxyCloseStream, proxyContinueStream, proxySendLocalResponse, proxySetEffectiveContext } from "./stream.ts";
import { proxyGetCurrentTime, proxySetTickPeriod } from "./time.ts";

/** The host calls that work. Any other of the ABI answers Unimplemented, and the host's log says so. */
export const hostCalls: Readonly<Partial<Record<HostCallName, HostCall>>> = {
  proxy_log: proxyLog,
  proxy_get_log_level: proxyGetLogLevel,
  proxy_get_current_time_nanoseconds: proxyGetCurrentTime,
  proxy_set_tick_period_milliseconds: proxySetTickPeriod,
  proxy_get_buffer_bytes: proxyGetBufferBytes,
  proxy_get_buffer_status: proxyGetBufferStatus,
  proxy_get_header_map_size: proxyGetHeaderMapSize,
  proxy_get_header_map_pairs: proxyGetHeaderMapPairs,
  proxy_set_header_map_pairs: proxySetHeaderMapPairs,
  proxy_get_header_map_value: proxyGetHeaderMapValue,
  proxy_add_header_map_value: proxyAddHeaderMapValue,
  proxy_replace_header_map_value: proxyReplaceHeaderMapValue,
  proxy_remove_header_map_value: proxyRemoveHeaderMapValue,
  proxy_continue_stream: proxyContinueStream,
  proxy_close_stream: proxyCloseStream,
  proxy_send_local_response: proxySendLocalResponse,
  proxy_set_effective_context: proxySetEffectiveContext,
  proxy_define_metric: proxyDefineMetric,
  proxy_increment_metric: proxyIncrementMetric,
  proxy_record_metric: proxyRecordMetric,
  proxy_get_metric: proxyGetMetric,
  proxy_get_property: proxyGetProperty,
  proxy_get_shared_data: proxyGetSharedData,
  proxy_set_shared_data: proxySetSharedData,
};
