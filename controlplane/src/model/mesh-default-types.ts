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

/** Istio: MeshConfig.defaultProviders, by their names. */
export interface DefaultProviders {
  readonly accessLogging: readonly string[];
  readonly tracing: readonly string[];
}
