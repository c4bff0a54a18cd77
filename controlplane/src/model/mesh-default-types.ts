import type { ConnectionPool, OutlierDetection } from "./traffic-policy-types.ts";

/** What holds for connections to every destination, field by field, where its DestinationRules say nothing. */
export interface TrafficDefaults {
  readonly connectionPool?: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
}

/** Istio: MeshConfig's defaultServiceExportTo and the like. */
export interface ExportDefaults {
  readonly services?: readonly string[];
  readonly virtualServices?: readonly string[];
  readonly destinationRules?: readonly string[];
}

/** What a gateway does with a header that tells of clients' certificates. Istio: Topology.forwardClientCertDetails. */
export const FORWARD_CLIENT_CERT = [
  "SANITIZE",
  "FORWARD_ONLY",
  "APPEND_FORWARD",
  "SANITIZE_SET",
  "ALWAYS_FORWARD_ONLY",
] as const;
export type ForwardClientCert = (typeof FORWARD_CLIENT_CERT)[number];

/** What is before the gateways. Istio: MeshConfig.defaultConfig.gatewayTopology. */
export interface GatewayTopology {
  /** How many proxies before a gateway may name the client; absent: none. */
  readonly trustedProxies?: number;
  /** Absent: SANITIZE_SET. */
  readonly forwardClientCert?: ForwardClientCert;
  /** Whoever connects says first, by HAProxy's PROXY protocol, whom it speaks for. */
  readonly proxyProtocol?: true;
}

/** Istio: MeshConfig.defaultProviders, by their names. */
export interface DefaultProviders {
  readonly accessLogging: readonly string[];
  readonly tracing: readonly string[];
}
