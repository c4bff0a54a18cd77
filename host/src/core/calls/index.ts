import type { HostCallName } from "../../abi/names.ts";
import type { HostCall } from "../host-call.ts";
import { proxyGetBufferBytes, proxyGetBufferStatus, proxySetBufferBytes } from "./buffers.ts";
import { proxyDone } from "./done.ts";
import { proxyCallForeignFunction } from "./foreign.ts";
import { proxyGrpcCall, proxyGrpcCancel, proxyGrpcClose, proxyGrpcSend, proxyGrpcStream } from "./grpc.ts";
import {
  proxyAddHeaderMapValue,
  proxyGetHeaderMapPairs,
  proxyGetHeaderMapSize,
  proxyGetHeaderMapValue,
  proxyRemoveHeaderMapValue,
  proxyReplaceHeaderMapValue,
  proxySetHeaderMapPairs,
} from "./header-maps.ts";
import { proxyGetStatus, proxyHttpCall } from "./http-call.ts";
import { proxyClearRouteCache, proxyContinueRequest, proxyContinueResponse, proxyGetConfiguration } from "./legacy.ts";
import { proxyGetLogLevel, proxyLog } from "./log.ts";
import { proxyDefineMetric, proxyGetMetric, proxyIncrementMetric, proxyRecordMetric } from "./metrics.ts";
import { proxyGetProperty, proxySetProperty } from "./properties.ts";
import { proxyGetSharedData, proxySetSharedData } from "./shared-data.ts";
import {
  proxyDequeueSharedQueue,
  proxyEnqueueSharedQueue,
  proxyRegisterSharedQueue,
  proxyResolveSharedQueue,
} from "./shared-queues.ts";
import { proxyCloseStream, proxyContinueStream, proxySendLocalResponse, proxySetEffectiveContext } from "./stream.ts";
import { proxyGetCurrentTime, proxySetTickPeriod } from "./time.ts";

/** Every host call of the ABI. */
export const hostCalls: Readonly<Record<HostCallName, HostCall>> = {
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
  proxy_set_buffer_bytes: proxySetBufferBytes,
  proxy_get_status: proxyGetStatus,
  proxy_http_call: proxyHttpCall,
  proxy_grpc_call: proxyGrpcCall,
  proxy_grpc_stream: proxyGrpcStream,
  proxy_grpc_send: proxyGrpcSend,
  proxy_grpc_cancel: proxyGrpcCancel,
  proxy_grpc_close: proxyGrpcClose,
  proxy_register_shared_queue: proxyRegisterSharedQueue,
  proxy_resolve_shared_queue: proxyResolveSharedQueue,
  proxy_enqueue_shared_queue: proxyEnqueueSharedQueue,
  proxy_dequeue_shared_queue: proxyDequeueSharedQueue,
  proxy_set_property: proxySetProperty,
  proxy_call_foreign_function: proxyCallForeignFunction,
  proxy_done: proxyDone,
};

/** What only modules of ABI 0.1.0 may import besides. */
export const legacyCalls: Readonly<Record<string, HostCall>> = {
  proxy_get_configuration: proxyGetConfiguration,
  proxy_continue_request: proxyContinueRequest,
  proxy_continue_response: proxyContinueResponse,
  proxy_clear_route_cache: proxyClearRouteCache,
};
