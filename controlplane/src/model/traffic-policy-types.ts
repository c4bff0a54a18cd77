import type { ClientTls } from "./tls-types.ts";
import type { Labels } from "./types.ts";

/** What a consistent-hash balancer takes of a request. Istio: ConsistentHashLB.hash_key. */
export type HashKey =
  | { readonly httpHeaderName: string }
  | { readonly httpCookie: HashCookie }
  | { readonly httpQueryParameterName: string }
  | { readonly useSourceIp: true };

export interface HashCookie {
  readonly name: string;
  readonly path?: string;
  /** Present: Envoy makes the cookie where the client has none; 0 lets it live as long as the client's session. */
  readonly ttlMs?: number;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
}

/** How hashes are spread over endpoints. Istio: ConsistentHashLB.hash_algorithm. */
export type HashAlgorithm =
  | { readonly kind: "ringHash"; readonly minimumRingSize: number }
  | { readonly kind: "maglev"; readonly tableSize: number };

/** Istio: LocalityLoadBalancerSetting. Localities are "region/zone/sub-zone", shorter ones and `*` at the end stand for all below. */
export interface LocalityLoadBalancing {
  readonly enabled: boolean;
  readonly distribute: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[];
  /** By region. */
  readonly failover: readonly { readonly from: string; readonly to: string }[];
  /** Label names, or `name=value`, the most important first. */
  readonly failoverPriority: readonly string[];
}

/** Istio: WarmupConfiguration. */
export interface Warmup {
  readonly durationMs: number;
  readonly minimumPercent: number;
  readonly aggression: number;
}

/** Istio: ZoneAwareLoadBalancerSetting. */
export interface ZoneAwareLoadBalancing {
  readonly enabled: boolean;
  /** By region. */
  readonly failover: LocalityLoadBalancing["failover"];
  readonly failoverPriority: readonly string[];
  readonly minClusterSize?: number;
}

/** What any balancer may have. */
export interface BalancerExtras {
  readonly locality?: LocalityLoadBalancing;
  readonly zoneAware?: ZoneAwareLoadBalancing;
  readonly warmup?: Warmup;
}

/** Istio: LoadBalancerSettings. */
export type LoadBalancer = BalancerExtras &
  (
    | { readonly simple: "LEAST_REQUEST" | "ROUND_ROBIN" | "RANDOM" | "PASSTHROUGH" }
    | { readonly consistentHash: HashKey; readonly algorithm?: HashAlgorithm }
  );

export interface TcpKeepalive {
  readonly probes?: number;
  readonly timeSeconds?: number;
  readonly intervalSeconds?: number;
}

/** Istio: ConnectionPoolSettings; limits of 0 are absent. */
export interface ConnectionPool {
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  readonly tcpKeepalive?: TcpKeepalive;
  readonly maxConnectionDurationMs?: number;
  readonly http1MaxPendingRequests?: number;
  readonly http2MaxRequests?: number;
  readonly maxRequestsPerConnection?: number;
  readonly maxRetries?: number;
  /** HTTP's, or TCP's where HTTP has none. */
  readonly idleTimeoutMs?: number;
  readonly tcpIdleTimeoutMs?: number;
  /** `upgrade`: HTTP/2 to endpoints of HTTP/1 ports. `client`: whatever the client speaks. `as-is`: what the port says. */
  readonly httpVersion?: "upgrade" | "client" | "as-is";
  /** HTTP/2 only. */
  readonly maxConcurrentStreams?: number;
  readonly http2KeepAlive?: { readonly intervalMs?: number; readonly timeoutMs?: number };
}

/** Istio: OutlierDetection. */
export interface OutlierDetection {
  readonly consecutive5xxErrors?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly consecutiveLocalOriginFailures?: number;
  readonly splitExternalLocalOriginErrors?: boolean;
  readonly intervalMs?: number;
  readonly baseEjectionTimeMs?: number;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
  /** Statuses that count as failures instead of all from 500 up. */
  readonly httpErrorCodes?: readonly number[];
}

/** The blocks that a port may have of its own. */
export interface PortTrafficPolicy {
  readonly loadBalancer?: LoadBalancer;
  readonly connectionPool?: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
  readonly tls?: ClientTls;
}

/** Istio: RetryBudget. */
export interface RetryBudget {
  readonly percent: number;
  readonly minRetryConcurrency: number;
  /** Of requests within this time; absent: of those that are going on. */
  readonly budgetIntervalMs?: number;
}

/** Istio: TunnelSettings. */
export interface Tunnel {
  readonly protocol: "CONNECT" | "POST";
  readonly targetHost: string;
  readonly targetPort: number;
}

/** Istio: TrafficPolicy; absent fields mean Istio's defaults. */
export interface TrafficPolicy extends PortTrafficPolicy {
  readonly ports?: readonly (PortTrafficPolicy & { readonly number: number })[];
  readonly tunnel?: Tunnel;
  readonly proxyProtocol?: "V1" | "V2";
  readonly retryBudget?: RetryBudget;
}

export interface Subset {
  readonly name: string;
  readonly labels: Labels;
  readonly trafficPolicy?: TrafficPolicy;
}
