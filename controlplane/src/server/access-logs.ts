import type { sendUnaryData, ServerReadableStream } from "@grpc/grpc-js";
import { RequestMethod } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { AccessLogCommon, HTTPAccessLogEntry } from "../../gen/envoy/data/accesslog/v3/accesslog_pb.js";
import {
  StreamAccessLogsMessageSchema,
  StreamAccessLogsResponseSchema,
} from "../../gen/envoy/service/accesslog/v3/als_pb.js";
import type { StreamAccessLogsMessage } from "../../gen/envoy/service/accesslog/v3/als_pb.js";
import type { GrpcMethod } from "./grpc.ts";
import { protoMethod } from "./grpc-method.ts";
import { logEvent } from "./log-event.ts";
import type { LogEvents } from "./log-event.ts";
import type { Metrics } from "./metrics.ts";
import { proxyIdOf } from "./wire.ts";

/** Entries logged in a second, of all Envoys together; the others are counted only. */
const maxPerSecond = 1000;

/**
 * envoy.service.accesslog.v3.AccessLogService: entries become structured log lines, at a bounded rate, and all are
 * counted. Nothing is kept; an Envoy that sends faster than this reads is slowed down by the transport.
 */
export function accessLogMethod(metrics: Metrics, events: LogEvents | undefined, now: () => number): GrpcMethod {
  const allow = rateLimit(maxPerSecond, now);
  return protoMethod(
    "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs",
    { request: true, response: false },
    StreamAccessLogsMessageSchema,
    StreamAccessLogsResponseSchema,
    (call: ServerReadableStream<StreamAccessLogsMessage, object>, done: sendUnaryData<object>) => {
      let proxy = "";
      let log = "";
      call.on("data", ({ identifier, logEntries }: StreamAccessLogsMessage) => {
        if (identifier !== undefined) {
          proxy = proxyIdOf(identifier.node?.id ?? "");
          log = identifier.logName;
        }
        for (const fields of fieldsOf(logEntries)) {
          metrics.accessLogEntries.add(1, { proxy });
          if (allow()) logEvent(events, "info", "access", { proxy, log, ...fields });
          else metrics.accessLogDropped.add(1);
        }
      });
      call.on("end", () => done(null, {}));
      call.on("error", () => call.destroy());
    },
  );
}

function fieldsOf(entries: StreamAccessLogsMessage["logEntries"]): object[] {
  if (entries.case === "httpLogs") return entries.value.logEntry.map(httpFields);
  if (entries.case === "tcpLogs") return entries.value.logEntry.map((each) => commonFields(each.commonProperties));
  return [];
}

/** Names as Envoy's own JSON logs by Istio have them. */
function httpFields({ request, response, commonProperties }: HTTPAccessLogEntry): object {
  return {
    ...commonFields(commonProperties),
    method: RequestMethod[request?.requestMethod ?? RequestMethod.METHOD_UNSPECIFIED],
    authority: request?.authority,
    path: request?.path,
    request_id: request?.requestId,
    response_code: response?.responseCode,
    response_code_details: response?.responseCodeDetails,
    bytes_received: Number(request?.requestBodyBytes ?? 0),
    bytes_sent: Number(response?.responseBodyBytes ?? 0),
  };
}

function commonFields(common: AccessLogCommon | undefined): object {
  const { seconds = 0n, nanos = 0 } = common?.duration ?? common?.timeToLastDownstreamTxByte ?? {};
  return {
    upstream_cluster: common?.upstreamCluster,
    route_name: common?.routeName,
    duration: Math.round(Number(seconds) * 1000 + nanos / 1e6),
  };
}

function rateLimit(perSecond: number, now: () => number): () => boolean {
  let since = now();
  let used = 0;
  return () => {
    if (now() - since >= 1000) {
      since = now();
      used = 0;
    }
    used += 1;
    return used <= perSecond;
  };
}
