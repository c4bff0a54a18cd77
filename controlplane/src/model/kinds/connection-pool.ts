import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, count, enumeration, uint32 } from "../decode/scalars.ts";
import type { ConnectionPool } from "../types.ts";

const wholeSeconds: Decoder<number> = refine(durationMs, (ms, value, path, context) =>
  ms % 1000 === 0
    ? ms / 1000
    : reportError(context, {
        offset: value.offset,
        path,
        message: `${path} is ${ms}ms, which is not a whole number of seconds`,
        allowed: "whole seconds such as 7s or 1m",
      }),
);

/** Istio: ConnectionPoolSettings.TCPSettings.TcpKeepalive. */
export const tcpKeepalive = message(
  "TcpKeepalive",
  { optional: { probes: uint32, time: wholeSeconds, interval: wholeSeconds } },
  (given) => defined({ probes: orUnset(given.probes), timeSeconds: given.time, intervalSeconds: given.interval }),
);

const tcp = message(
  "ConnectionPool.TCPSettings",
  {
    optional: {
      maxConnections: count,
      connectTimeout: durationMs,
      tcpKeepalive,
      maxConnectionDuration: durationMs,
      idleTimeout: durationMs,
    },
  },
  (given) => given,
);

const http2KeepAlive = message("HTTP2KeepAlive", { optional: { interval: durationMs, timeout: durationMs } }, (given) =>
  defined({ intervalMs: given.interval, timeoutMs: given.timeout }),
);

const http = message(
  "ConnectionPool.HTTPSettings",
  {
    optional: {
      http1MaxPendingRequests: count,
      http2MaxRequests: count,
      maxRequestsPerConnection: count,
      maxRetries: count,
      idleTimeout: durationMs,
      h2UpgradePolicy: enumeration(["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]),
      useClientProtocol: boolean,
      maxConcurrentStreams: count,
      http2KeepAlive,
    },
  },
  (given, place) => {
    if (given.useClientProtocol !== true || given.h2UpgradePolicy !== "UPGRADE") return given;
    return reportError(place.context, {
      offset: place.key("useClientProtocol"),
      path: place.path,
      message: `${place.path} has both useClientProtocol: true and h2UpgradePolicy: UPGRADE`,
      fix: "keep one of the two",
    });
  },
);

/** Istio: ConnectionPoolSettings. Protobuf's 0 is "not set" for the limits; the HTTP idle timeout wins over TCP's. */
export const connectionPool = message("ConnectionPoolSettings", { optional: { tcp, http } }, (given): ConnectionPool =>
  defined({
    maxConnections: orUnset(given.tcp?.maxConnections),
    connectTimeoutMs: given.tcp?.connectTimeout,
    tcpKeepalive: given.tcp?.tcpKeepalive,
    maxConnectionDurationMs: given.tcp?.maxConnectionDuration,
    http1MaxPendingRequests: orUnset(given.http?.http1MaxPendingRequests),
    http2MaxRequests: orUnset(given.http?.http2MaxRequests),
    maxRequestsPerConnection: orUnset(given.http?.maxRequestsPerConnection),
    maxRetries: orUnset(given.http?.maxRetries),
    idleTimeoutMs: given.http?.idleTimeout ?? given.tcp?.idleTimeout,
    tcpIdleTimeoutMs: given.tcp?.idleTimeout,
    httpVersion: httpVersion(given.http),
    maxConcurrentStreams: orUnset(given.http?.maxConcurrentStreams),
    http2KeepAlive: given.http?.http2KeepAlive,
  }),
);

function httpVersion(
  given:
    | { readonly useClientProtocol?: boolean | undefined; readonly h2UpgradePolicy?: string | undefined }
    | undefined,
): "client" | "upgrade" | "as-is" | undefined {
  if (given?.useClientProtocol === true) return "client";
  if (given?.h2UpgradePolicy === "UPGRADE") return "upgrade";
  return given?.h2UpgradePolicy === "DO_NOT_UPGRADE" ? "as-is" : undefined;
}

function orUnset(limit: number | undefined): number | undefined {
  return limit !== undefined && limit > 0 ? limit : undefined;
}
