import type { Telemetry } from "../model/types.ts";
import { takesLogs } from "../model/telemetry-types.ts";
import type {
  AccessLogCondition,
  CustomTag,
  LogProvider,
  TelemetryProvider,
  TraceProvider,
  Tracing,
  TracingDefaults,
  WorkloadMode,
} from "../model/telemetry-types.ts";

/** Which side a listener is on: of the requests that it sends, or of those that it serves. */
export type Side = Exclude<WorkloadMode, "CLIENT_AND_SERVER">;

/** An access log: where it goes, and what must hold for an entry. */
export interface LogSink {
  readonly provider: LogProvider;
  readonly condition?: AccessLogCondition;
}

/** What the Telemetries of a workload make of the tracing of one side. */
export interface TracingSettings {
  readonly provider: TraceProvider;
  readonly samplingPerMillion: number;
  /** Whether spans are made at all; without, a trace's context still goes on with the request. */
  readonly reports: boolean;
  /** Whether the trace's context is added to requests. */
  readonly propagates: boolean;
  /** Whether the request's id tells whether it is traced. */
  readonly byRequestId: boolean;
  readonly istioTags: boolean;
  readonly maxTagLength?: number;
  readonly customTags: Readonly<Record<string, CustomTag>>;
}

/** Istio's default: one request in a hundred. */
const DEFAULT_SAMPLING = 10_000;

/**
 * The access logs of one side, by its Telemetries, the most general first. An entry without providers is about those
 * that hold already; one with providers is about these. Undefined where no Telemetry says anything: then the mesh's own
 * log counts, unless it has providers by default.
 */
export function logSinks(
  telemetries: readonly Telemetry[],
  side: Side,
  providers: readonly TelemetryProvider[],
  byDefault: readonly string[] = [],
): readonly LogSink[] | undefined {
  const entries = telemetries.map(({ accessLogging = [] }) => accessLogging.filter(({ mode }) => concerns(mode, side)));
  if (byDefault.length === 0 && entries.every((level) => level.length === 0)) return undefined;
  let names = byDefault;
  const off = new Set<string>();
  const conditions = new Map<string, AccessLogCondition>();
  for (const level of entries) {
    const given = level.flatMap((entry) => entry.providers ?? []);
    // A narrower resource that names providers replaces those of a wider one.
    if (given.length > 0) names = [...new Set(given)];
    if (names.length === 0 && level.length > 0) names = ["envoy"];
    for (const entry of level) {
      for (const name of entry.providers ?? names) {
        if (entry.disabled === true) off.add(name);
        else if (entry.disabled === false || entry.providers !== undefined) off.delete(name);
        if (entry.filter !== undefined) conditions.set(name, entry.filter);
      }
    }
  }
  return names.flatMap((name): LogSink[] => {
    const provider = providers.find((one) => one.name === name);
    if (provider === undefined || !takesLogs(provider) || off.has(name)) return [];
    const condition = conditions.get(name);
    return [condition === undefined ? { provider } : { provider, condition }];
  });
}

/**
 * The tracing of one side; undefined where there is no provider. `byDefault` are the mesh's own settings, and the name of
 * its default provider.
 */
export function tracingSettings(
  telemetries: readonly Telemetry[],
  side: Side,
  providers: readonly TelemetryProvider[],
  byDefault: TracingDefaults & { readonly name?: string | undefined } = {},
): TracingSettings | undefined {
  let said: Omit<Tracing, "mode"> = {};
  for (const entry of telemetries.flatMap(({ tracing = [] }) => tracing.filter(({ mode }) => concerns(mode, side))))
    // Field by field; a narrower resource's tags, too, take the place of a wider one's.
    said = { ...said, ...entry };
  const name = said.provider ?? byDefault.name;
  const provider = name === undefined ? byDefault.provider : providers.find((one) => one.name === name);
  if (provider === undefined || takesLogs(provider)) return undefined;
  const { samplingPerMillion = byDefault.samplingPerMillion ?? DEFAULT_SAMPLING, customTags = {} } = said;
  const maxTagLength = provider.maxTagLength ?? byDefault.maxTagLength;
  return {
    provider,
    samplingPerMillion,
    reports: said.disableSpanReporting !== true,
    propagates: said.disableContextPropagation !== true,
    byRequestId: said.useRequestIdForTraceSampling !== false,
    istioTags: said.enableIstioTags ?? byDefault.enableIstioTags ?? true,
    customTags: Object.keys(customTags).length > 0 ? customTags : (byDefault.customTags ?? {}),
    ...(maxTagLength === undefined ? {} : { maxTagLength }),
  };
}

function concerns(mode: WorkloadMode, side: Side): boolean {
  return mode === "CLIENT_AND_SERVER" || mode === side;
}
