import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { CircuitBreakersSchema } from "../../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { CircuitBreakers } from "../../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { Http2ProtocolOptionsSchema } from "../../gen/envoy/config/core/v3/protocol_pb.js";
import type { Http2ProtocolOptions } from "../../gen/envoy/config/core/v3/protocol_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { HttpProtocolOptions } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { StringMatcherSchema } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import type { StringMatcher } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import type { ConnectionPool, OutlierDetection, RetryBudget, TrafficPolicy } from "../model/types.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import { create } from "./create.ts";
import { loadBalancing } from "./load-balancing.ts";
import { duration, pack } from "./protobuf.ts";
import { usesTls } from "./transport-socket.ts";
import type { PortProtocol } from "./transport-socket.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

/** Istio's default for every circuit breaker: none. Envoy's own default of 1024 surprises under load. */
const unlimited = 4_294_967_295;
/** Istio: MeshConfig.connectTimeout. */
const connectTimeoutMs = 10_000;

/** The fields of a cluster that a traffic policy decides; an empty policy gives Istio's defaults. */
export function clusterSettings(policy: TrafficPolicy, protocol: PortProtocol): ClusterInit {
  const plain =
    policy.connectionPool === undefined &&
    policy.retryBudget === undefined &&
    policy.outlierDetection?.httpErrorCodes === undefined &&
    !usesTls(policy);
  const balancing = loadBalancing(policy.loadBalancer);
  const outliers = policy.outlierDetection && outlierDetection(policy.outlierDetection);
  return {
    ...(plain ? defaults[protocol] : connectionSettings(policy, protocol)),
    ...balancing,
    ...outliers,
  };
}

function connectionSettings(policy: TrafficPolicy, protocol: PortProtocol): ClusterInit {
  const pool = policy.connectionPool ?? {};
  return {
    connectTimeout: duration(pool.connectTimeoutMs ?? connectTimeoutMs),
    circuitBreakers: circuitBreakers(pool, policy.retryBudget),
    ...(pool.tcpKeepalive && keepalive(pool.tcpKeepalive)),
    ...(protocol === "tcp"
      ? {}
      : {
          typedExtensionProtocolOptions: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocolOptions(policy, pool, protocol),
          },
        }),
  };
}

// Nearly every cluster has these: made once, they are most of a cluster that need not be made again.
const defaults = {
  http1: defaultSettings("http1"),
  http2: defaultSettings("http2"),
  tcp: defaultSettings("tcp"),
};

function defaultSettings(protocol: PortProtocol): ClusterInit {
  const breakers = circuitBreakers({}, undefined);
  return { ...connectionSettings({}, protocol), circuitBreakers: keepBytes(CircuitBreakersSchema, breakers) };
}

function circuitBreakers(pool: ConnectionPool, budget: RetryBudget | undefined): CircuitBreakers {
  return create(CircuitBreakersSchema, {
    thresholds: [
      {
        maxConnections: limit(pool.maxConnections),
        maxPendingRequests: limit(pool.http1MaxPendingRequests),
        maxRequests: limit(pool.http2MaxRequests),
        maxRetries: limit(pool.maxRetries),
        trackRemaining: true,
        ...(budget && {
          retryBudget: {
            budgetPercent: { value: budget.percent },
            minRetryConcurrency: budget.minRetryConcurrency,
            ...(budget.budgetIntervalMs === undefined ? {} : { budgetInterval: duration(budget.budgetIntervalMs) }),
          },
        }),
      },
    ],
  });
}

// Istio takes 0 for unset.
function limit(value: number | undefined): number {
  return value === undefined || value === 0 ? unlimited : value;
}

function keepalive({ probes, timeSeconds, intervalSeconds }: NonNullable<ConnectionPool["tcpKeepalive"]>): ClusterInit {
  return {
    upstreamConnectionOptions: {
      tcpKeepalive: {
        ...(probes === undefined ? {} : { keepaliveProbes: probes }),
        ...(timeSeconds === undefined ? {} : { keepaliveTime: timeSeconds }),
        ...(intervalSeconds === undefined ? {} : { keepaliveInterval: intervalSeconds }),
      },
    },
  };
}

function protocolOptions(policy: TrafficPolicy, pool: ConnectionPool, protocol: "http1" | "http2"): Any {
  const { maxRequestsPerConnection, idleTimeoutMs, maxConnectionDurationMs } = pool;
  const common = {
    ...(maxRequestsPerConnection ? { maxRequestsPerConnection } : {}),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeout: duration(idleTimeoutMs) }),
    ...(maxConnectionDurationMs === undefined ? {} : { maxConnectionDuration: duration(maxConnectionDurationMs) }),
  };
  return pack(
    HttpProtocolOptionsSchema,
    create(HttpProtocolOptionsSchema, {
      ...(Object.keys(common).length > 0 ? { commonHttpProtocolOptions: common } : {}),
      ...nameOptions(policy),
      ...failures(policy.outlierDetection),
      upstreamProtocolOptions: version(pool, protocol),
    }),
  );
}

// Istio: the statuses that count against an endpoint, instead of all from 500 up.
function failures(detection: OutlierDetection | undefined): Pick<HttpProtocolOptions, "outlierDetection"> | object {
  const codes = detection?.httpErrorCodes;
  if (codes === undefined) return {};
  const status = { name: ":status", headerMatchSpecifier: { case: "stringMatch", value: oneOf(codes) } } as const;
  return {
    outlierDetection: { errorMatcher: { rule: { case: "httpResponseHeadersMatch", value: { headers: [status] } } } },
  };
}

function oneOf(codes: readonly number[]): StringMatcher {
  return create(StringMatcherSchema, { matchPattern: { case: "safeRegex", value: { regex: codes.join("|") } } });
}

// Istio: without an sni it is the request's host that the server is asked for, and that its certificate must name.
function nameOptions(policy: TrafficPolicy): Pick<HttpProtocolOptions, "upstreamHttpProtocolOptions"> | object {
  if (!usesTls(policy) || policy.tls.sni !== undefined || policy.tls.mode === "ISTIO_MUTUAL") return {};
  const { subjectAltNames, insecureSkipVerify } = policy.tls;
  const autoSanValidation = subjectAltNames.length === 0 && !insecureSkipVerify;
  return { upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation } };
}

function version(pool: ConnectionPool, protocol: "http1" | "http2"): HttpProtocolOptions["upstreamProtocolOptions"] {
  const http2 = http2Options(pool);
  const options = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions:
      pool.httpVersion === "client"
        ? {
            case: "useDownstreamProtocolConfig",
            value: { httpProtocolOptions: {}, http2ProtocolOptions: http2 },
          }
        : {
            case: "explicitHttpConfig",
            value: {
              protocolConfig:
                protocol === "http2" || pool.httpVersion === "upgrade"
                  ? { case: "http2ProtocolOptions", value: http2 }
                  : { case: "httpProtocolOptions", value: {} },
            },
          },
  });
  return options.upstreamProtocolOptions;
}

function http2Options({ maxConcurrentStreams, http2KeepAlive }: ConnectionPool): Http2ProtocolOptions {
  const { intervalMs, timeoutMs } = http2KeepAlive ?? {};
  return create(Http2ProtocolOptionsSchema, {
    ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }),
    ...(http2KeepAlive && {
      connectionKeepalive: {
        ...(intervalMs === undefined ? {} : { interval: duration(intervalMs) }),
        // Envoy requires one.
        timeout: duration(timeoutMs ?? intervalMs ?? 0),
      },
    }),
  });
}

function outlierDetection(policy: OutlierDetection): ClusterInit {
  const { consecutive5xxErrors, consecutiveGatewayErrors, intervalMs, baseEjectionTimeMs, maxEjectionPercent } = policy;
  const { splitExternalLocalOriginErrors: split, consecutiveLocalOriginFailures: local } = policy;
  return {
    outlierDetection: {
      ...(consecutive5xxErrors === undefined
        ? {}
        : { consecutive5xx: consecutive5xxErrors, enforcingConsecutive5xx: consecutive5xxErrors > 0 ? 100 : 0 }),
      ...(consecutiveGatewayErrors === undefined
        ? {}
        : {
            consecutiveGatewayFailure: consecutiveGatewayErrors,
            enforcingConsecutiveGatewayFailure: consecutiveGatewayErrors > 0 ? 100 : 0,
          }),
      ...(intervalMs === undefined ? {} : { interval: duration(intervalMs) }),
      ...(baseEjectionTimeMs === undefined ? {} : { baseEjectionTime: duration(baseEjectionTimeMs) }),
      ...(maxEjectionPercent === undefined ? {} : { maxEjectionPercent }),
      enforcingSuccessRate: 0,
      ...(split === true ? { splitExternalLocalOriginErrors: true, enforcingLocalOriginSuccessRate: 0 } : {}),
      ...(local === undefined
        ? {}
        : { consecutiveLocalOriginFailure: local, enforcingConsecutiveLocalOriginFailure: local > 0 ? 100 : 0 }),
    },
    // Istio: with outlier detection there is no panic mode unless a threshold is asked for.
    commonLbConfig: { healthyPanicThreshold: { value: policy.minHealthPercent ?? 0 } },
  };
}
