import { reportError, reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, count, enumeration, integer, nonEmptyString, uint32 } from "../decode/scalars.ts";
import type { LoadBalancer, TrafficPolicy } from "../types.ts";

const consistentHash = message(
  "ConsistentHashLB",
  {
    optional: { httpHeaderName: headerName(false), httpQueryParameterName: nonEmptyString, useSourceIp: boolean },
    later: ["httpCookie", "ringHash", "maglev", "minimumRingSize"],
  },
  (given, place): LoadBalancer | undefined => {
    const { httpHeaderName, httpQueryParameterName, useSourceIp } = given;
    const chosen = [httpHeaderName, httpQueryParameterName, useSourceIp].filter(
      (one) => one !== undefined && one !== false,
    );
    if (chosen.length === 1) {
      if (httpHeaderName !== undefined) return { consistentHash: { httpHeaderName } };
      if (httpQueryParameterName !== undefined) return { consistentHash: { httpQueryParameterName } };
      return { consistentHash: { useSourceIp: true } };
    }
    const text = `${place.path} must have exactly one key to hash`;
    return reportError(place.context, {
      offset: place.offset,
      path: place.path,
      message: text,
      allowed: "httpHeaderName, httpQueryParameterName, useSourceIp: true",
    });
  },
);

const loadBalancer = message(
  "LoadBalancerSettings",
  {
    optional: {
      simple: enumeration(["UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "ROUND_ROBIN", "RANDOM"], ["PASSTHROUGH"]),
      consistentHash,
    },
    later: ["localityLbSetting", "zoneAwareLbSetting", "warmup", "warmupDurationSecs"],
  },
  (given, place): LoadBalancer | undefined => {
    const { simple } = given;
    if (simple !== undefined && given.consistentHash !== undefined) {
      return reportError(place.context, {
        offset: place.key("simple"),
        path: place.path,
        message: `${place.path} has both simple and consistentHash`,
        fix: "keep one of the two",
      });
    }
    if (given.consistentHash !== undefined) return given.consistentHash;
    if (simple === "ROUND_ROBIN" || simple === "RANDOM") return { simple };
    return { simple: "LEAST_REQUEST" };
  },
);

const tcp = message(
  "ConnectionPool.TCPSettings",
  {
    optional: { maxConnections: count, connectTimeout: durationMs, idleTimeout: durationMs },
    later: ["tcpKeepalive", "maxConnectionDuration"],
  },
  (given) => given,
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
    },
    later: ["h2UpgradePolicy", "useClientProtocol", "maxConcurrentStreams", "http2KeepAlive"],
  },
  (given) => given,
);

/** Protobuf's 0 is "not set" for the limits; the HTTP idle timeout wins over TCP's. */
const connectionPool = message("ConnectionPoolSettings", { optional: { tcp, http } }, (given) =>
  defined({
    maxConnections: orUnset(given.tcp?.maxConnections),
    connectTimeoutMs: given.tcp?.connectTimeout,
    http1MaxPendingRequests: orUnset(given.http?.http1MaxPendingRequests),
    http2MaxRequests: orUnset(given.http?.http2MaxRequests),
    maxRequestsPerConnection: orUnset(given.http?.maxRequestsPerConnection),
    maxRetries: orUnset(given.http?.maxRetries),
    idleTimeoutMs: given.http?.idleTimeout ?? given.tcp?.idleTimeout,
  }),
);

function orUnset(limit: number | undefined): number | undefined {
  return limit !== undefined && limit > 0 ? limit : undefined;
}

const outlierDetection = message(
  "OutlierDetection",
  {
    optional: {
      consecutiveErrors: count,
      consecutive5xxErrors: uint32,
      consecutiveGatewayErrors: uint32,
      interval: durationMs,
      baseEjectionTime: durationMs,
      maxEjectionPercent: integer(0, 100),
      minHealthPercent: integer(0, 100),
    },
    later: ["splitExternalLocalOriginErrors", "consecutiveLocalOriginFailures", "outlierDetectionHttpErrorCodes"],
  },
  (given, place) => {
    if (given.consecutiveErrors !== undefined) {
      const path = `${place.path}.consecutiveErrors`;
      reportWarning(place.context, {
        offset: place.key("consecutiveErrors"),
        path,
        code: "IST0002",
        message: `${path} is deprecated and has no effect`,
        fix: "write consecutive5xxErrors",
      });
    }
    return defined({
      consecutive5xxErrors: given.consecutive5xxErrors,
      consecutiveGatewayErrors: given.consecutiveGatewayErrors,
      intervalMs: given.interval,
      baseEjectionTimeMs: given.baseEjectionTime,
      maxEjectionPercent: given.maxEjectionPercent,
      minHealthPercent: given.minHealthPercent,
    });
  },
);

/** Plain text is what the mesh does without a tls block, so DISABLE asks for nothing new. */
const tls = message(
  "ClientTLSSettings",
  {
    required: { mode: enumeration(["DISABLE"], ["SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]) },
    later: [
      "sni",
      "subjectAltNames",
      "credentialName",
      "caCertificates",
      "clientCertificate",
      "privateKey",
      "insecureSkipVerify",
      "caCrl",
    ],
  },
  (given) => given.mode,
);

/** Istio: TrafficPolicy. */
export const trafficPolicy: Decoder<TrafficPolicy> = message(
  "TrafficPolicy",
  {
    optional: { loadBalancer, connectionPool, outlierDetection, tls },
    later: ["portLevelSettings", "tunnel", "proxyProtocol", "retryBudget"],
  },
  (given) =>
    defined({
      loadBalancer: given.loadBalancer,
      connectionPool: given.connectionPool,
      outlierDetection: given.outlierDetection,
    }),
);
