/** What a Telemetry resource says beyond metrics, and the providers that it names. Durations are milliseconds. */
import type { Expression } from "./telemetry-expression.ts";

/** Which side of a request reports: its client's proxy, its server's, or both. */
export type WorkloadMode = "CLIENT" | "SERVER" | "CLIENT_AND_SERVER";

/** The ten standard metrics, in the order of their numbers in a program. */
export const METRIC_NAMES = [
  "REQUEST_COUNT",
  "REQUEST_DURATION",
  "REQUEST_SIZE",
  "RESPONSE_SIZE",
  "GRPC_REQUEST_MESSAGES",
  "GRPC_RESPONSE_MESSAGES",
  "TCP_SENT_BYTES",
  "TCP_RECEIVED_BYTES",
  "TCP_OPENED_CONNECTIONS",
  "TCP_CLOSED_CONNECTIONS",
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** A value for a metric's label. */
export type TagValue = Expression;

/** Istio: AccessLogging, one entry of `accessLogging`. */
export interface AccessLogging {
  readonly mode: WorkloadMode;
  /** Names of providers; absent: those that hold already. */
  readonly providers?: readonly string[];
  readonly disabled?: boolean;
  /** Absent: those entries are logged that a more general resource lets through. */
  readonly filter?: AccessLogCondition;
}

/** What must hold for an entry: in terms of Envoy's own filters, or else as the user wrote it. */
export type AccessLogCondition =
  | { readonly allOf: readonly AccessLogCondition[] }
  | { readonly anyOf: readonly AccessLogCondition[] }
  | { readonly code: { readonly at: "least" | "most" | "exactly"; readonly value: number } }
  | { readonly header: string; readonly value?: string }
  | { readonly cel: string };

/** Istio: Tracing, one entry of `tracing`. */
export interface Tracing {
  readonly mode: WorkloadMode;
  /** Of several only the first counts, as in Istio. */
  readonly provider?: string;
  readonly samplingPerMillion?: number;
  readonly disableSpanReporting?: boolean;
  readonly customTags?: Readonly<Record<string, CustomTag>>;
}

/** Istio: Tracing.CustomTag. */
export type CustomTag =
  | { readonly literal: string }
  | { readonly environment: string; readonly defaultValue: string }
  | { readonly header: string; readonly defaultValue: string };

export type LogFormat = { readonly text: string } | { readonly json: Readonly<Record<string, string>> };

/** Istio: MeshConfig.ExtensionProvider, those kinds that are understood. `host` is fully qualified. */
export type TelemetryProvider =
  | { readonly kind: "file"; readonly name: string; readonly path: string; readonly format: LogFormat }
  | {
      readonly kind: "otel-trace";
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly maxTagLength?: number;
    };
