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
  readonly disableContextPropagation?: boolean;
  readonly useRequestIdForTraceSampling?: boolean;
  readonly enableIstioTags?: boolean;
  readonly customTags?: Readonly<Record<string, CustomTag>>;
}

/** Istio: Tracing.CustomTag. `format` is a text with commands of Envoy's formatter. */
export type CustomTag =
  | { readonly literal: string }
  | { readonly environment: string; readonly defaultValue: string }
  | { readonly header: string; readonly defaultValue: string }
  | { readonly format: string };

export type LogValue = string | number | boolean | null | LogValue[] | { [key: string]: LogValue };
export type LogFormat = { readonly text: string } | { readonly json: { readonly [key: string]: LogValue } };

/** A service of the mesh that takes logs or spans. `host` is fully qualified. */
export interface Collector {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** How a collector is told by HTTP. */
export interface HttpExport {
  /** Begins with a slash. */
  readonly path: string;
  readonly timeoutMs?: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Istio: MeshConfig.ExtensionProvider, those kinds that take access logs. */
export type LogProvider =
  | {
      readonly kind: "file";
      readonly name: string;
      readonly path: string;
      readonly format: LogFormat;
      readonly omitsEmpty?: true;
    }
  | (Collector & {
      readonly kind: "http-als";
      readonly logName: string;
      readonly filterState: readonly string[];
      readonly requestHeaders: readonly string[];
      readonly responseHeaders: readonly string[];
      readonly responseTrailers: readonly string[];
    })
  | (Collector & { readonly kind: "tcp-als"; readonly logName: string; readonly filterState: readonly string[] })
  | (Collector & {
      readonly kind: "otel-log";
      readonly logName: string;
      readonly text: string;
      readonly attributes: Readonly<Record<string, string>>;
    });

/** Istio: OpenTelemetryTracingProvider.DynatraceSampler; absent service: where the spans go. */
export interface DynatraceSampler {
  readonly tenant: string;
  readonly clusterId: number;
  readonly rootSpansPerMinute?: number;
  readonly service: Pick<Collector, "host" | "port"> & HttpExport;
}

/** The same, those that take spans. */
export type TraceProvider = Collector & { readonly maxTagLength?: number } & (
    | {
        readonly kind: "otel-trace";
        /** Absent: by gRPC. */
        readonly http?: HttpExport;
        readonly grpc?: { readonly timeoutMs?: number; readonly metadata: Readonly<Record<string, string>> };
        readonly detectors?: readonly ("environment" | "dynatrace")[];
        readonly sampler?: DynatraceSampler;
      }
    | {
        readonly kind: "zipkin";
        readonly http: HttpExport;
        /** Whether ids of traces have 64 bits, and not 128. */
        readonly shortIds?: true;
        /** Whether W3C's header is understood and handed on, beside Zipkin's own. */
        readonly w3c?: true;
      }
    | { readonly kind: "datadog" }
    | { readonly kind: "skywalking"; readonly token?: string }
  );

export type TelemetryProvider = LogProvider | TraceProvider;

const LOG_KINDS: readonly TelemetryProvider["kind"][] = ["file", "http-als", "tcp-als", "otel-log"];

export function takesLogs(provider: TelemetryProvider): provider is LogProvider {
  return LOG_KINDS.includes(provider.kind);
}

/** Istio: MeshConfig.defaultConfig.tracing: what holds where no Telemetry says otherwise. */
export interface TracingDefaults extends Pick<Tracing, "samplingPerMillion" | "customTags" | "enableIstioTags"> {
  readonly maxTagLength?: number;
  /** Takes spans if the MeshConfig's enableTracing says so, and nothing names another. */
  readonly provider?: TraceProvider;
}
