import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { CircuitBreakersSchema } from "../../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { CircuitBreakers } from "../../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import { Cluster_LbPolicy } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { LoadBalancer, TrafficPolicy } from "../model/types.ts";
import { duration, pack } from "./protobuf.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;
type ConnectionPool = NonNullable<TrafficPolicy["connectionPool"]>;
type OutlierDetection = NonNullable<TrafficPolicy["outlierDetection"]>;

/** Istio's default for every circuit breaker: none. Envoy's own default of 1024 surprises under load. */
const unlimited = 4_294_967_295;
/** Istio: MeshConfig.connectTimeout. */
const connectTimeoutMs = 10_000;
/** Istio: ConsistentHashLB.minimumRingSize. */
const minimumRingSize = 1024n;

/** The fields of a cluster that a traffic policy decides; an empty policy gives Istio's defaults. */
export function clusterSettings(policy: TrafficPolicy, http2: boolean): ClusterInit {
  return {
    ...(policy.connectionPool
      ? connectionSettings(policy.connectionPool, http2)
      : http2
        ? defaults.http2
        : defaults.http1),
    ...loadBalancing(policy.loadBalancer),
    ...(policy.outlierDetection && outlierDetection(policy.outlierDetection)),
  };
}

function connectionSettings(pool: ConnectionPool, http2: boolean): ClusterInit {
  return {
    connectTimeout: duration(pool.connectTimeoutMs ?? connectTimeoutMs),
    circuitBreakers: circuitBreakers(pool),
    typedExtensionProtocolOptions: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocolOptions(pool, http2),
    },
  };
}

// Nearly every cluster has these: made once, they are most of a cluster that need not be made again.
const defaults = { http1: connectionSettings({}, false), http2: connectionSettings({}, true) };

function circuitBreakers(pool: ConnectionPool): CircuitBreakers {
  return create(CircuitBreakersSchema, {
    thresholds: [
      {
        maxConnections: limit(pool.maxConnections),
        maxPendingRequests: limit(pool.http1MaxPendingRequests),
        maxRequests: limit(pool.http2MaxRequests),
        maxRetries: limit(pool.maxRetries),
        trackRemaining: true,
      },
    ],
  });
}

// Istio takes 0 for unset.
function limit(value: number | undefined): number {
  return value === undefined || value === 0 ? unlimited : value;
}

function protocolOptions(pool: ConnectionPool, http2: boolean): Any {
  const { maxRequestsPerConnection, idleTimeoutMs } = pool;
  const common = {
    ...(maxRequestsPerConnection ? { maxRequestsPerConnection } : {}),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeout: duration(idleTimeoutMs) }),
  };
  return pack(
    HttpProtocolOptionsSchema,
    create(HttpProtocolOptionsSchema, {
      ...(Object.keys(common).length > 0 ? { commonHttpProtocolOptions: common } : {}),
      upstreamProtocolOptions: {
        case: "explicitHttpConfig",
        value: {
          protocolConfig: http2
            ? { case: "http2ProtocolOptions", value: {} }
            : { case: "httpProtocolOptions", value: {} },
        },
      },
    }),
  );
}

function loadBalancing(loadBalancer: LoadBalancer | undefined): ClusterInit {
  if (loadBalancer === undefined) {
    return { lbPolicy: Cluster_LbPolicy.LEAST_REQUEST };
  }
  return "simple" in loadBalancer
    ? { lbPolicy: Cluster_LbPolicy[loadBalancer.simple] }
    : {
        lbPolicy: Cluster_LbPolicy.RING_HASH,
        lbConfig: { case: "ringHashLbConfig", value: { minimumRingSize } },
      };
}

function outlierDetection(policy: OutlierDetection): ClusterInit {
  const { consecutive5xxErrors, consecutiveGatewayErrors, intervalMs, baseEjectionTimeMs, maxEjectionPercent } = policy;
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
    },
    // Istio: with outlier detection there is no panic mode unless a threshold is asked for.
    commonLbConfig: { healthyPanicThreshold: { value: policy.minHealthPercent ?? 0 } },
  };
}
