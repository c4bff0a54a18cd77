import type { Telemetry } from "../model/types.ts";
import type { AccessLogCondition, CustomTag, TelemetryProvider, Tracing, WorkloadMode } from "../model/telemetry-types.ts";

/** Which side a listener is on: of the requests that it sends, or of those that it serves. */
export type Side = Exclude<WorkloadMode, "CLIENT_AND_SERVER">;

/** An access log: where it goes, and what must hold for an entry. */
export interface LogSink {
  readonly provider: Extract<TelemetryProvider, { readonly kind: "file" }>;
  readonly condition?: AccessLogCondition;
}

/** What the Telemetries of a workload make of the tracing of one side. */
export interface TracingSettings {
  readonly provider: Extract<TelemetryProvider, { readonly kind: "otel-trace" }>;
  readonly samplingPerMillion: number;
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
    if (provider?.kind !== "file" || off.has(name)) return [];
    const condition = conditions.get(name);
    return [condition === undefined ? { provider } : { provider, condition }];
  });
}

/** The tracing of one side; undefined where there is no provider, or where spans are not to be reported. */
export function tracingSettings(
  telemetries: readonly Telemetry[],
  side: Side,
  providers: readonly TelemetryProvider[],
  byDefault: Pick<Tracing, "provider" | "samplingPerMillion"> = {},
): TracingSettings | undefined {
  let name = byDefault.provider;
  let samplingPerMillion = byDefault.samplingPerMillion ?? DEFAULT_SAMPLING;
  let isOff = false;
  let customTags: Readonly<Record<string, CustomTag>> = {};
  const entries = telemetries.flatMap(({ tracing = [] }) => tracing.filter(({ mode }) => concerns(mode, side)));
  for (const entry of entries) {
    name = entry.provider ?? name;
    samplingPerMillion = entry.samplingPerMillion ?? samplingPerMillion;
    isOff = entry.disableSpanReporting ?? isOff;
    // As in Istio, a narrower resource's tags take the place of a wider one's.
    customTags = entry.customTags ?? customTags;
  }
  const provider = providers.find((one) => one.name === name);
  if (provider?.kind !== "otel-trace") return undefined;
  // Nothing is sampled, but the context of a trace still goes on with the request.
  return { provider, samplingPerMillion: isOff ? 0 : samplingPerMillion, customTags };
}

function concerns(mode: WorkloadMode, side: Side): boolean {
  return mode === "CLIENT_AND_SERVER" || mode === side;
}
