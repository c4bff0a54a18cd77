import { isNull, type Value } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Labels, Telemetry, TelemetryOverride } from "../types.ts";
import { workloadSelector } from "./selector.ts";
import { tagName, tagOverride } from "./telemetry-tag.ts";

interface TelemetrySpec {
  readonly selector: Labels;
  readonly overrides: readonly TelemetryOverride[];
}

const LATER_METRICS = [
  "REQUEST_SIZE",
  "RESPONSE_SIZE",
  "TCP_OPENED_CONNECTIONS",
  "TCP_CLOSED_CONNECTIONS",
  "TCP_SENT_BYTES",
  "TCP_RECEIVED_BYTES",
  "GRPC_REQUEST_MESSAGES",
  "GRPC_RESPONSE_MESSAGES",
];

const selector = message(
  "MetricSelector",
  {
    optional: {
      metric: enumeration(["ALL_METRICS", "REQUEST_COUNT", "REQUEST_DURATION"], LATER_METRICS),
      mode: enumeration(["CLIENT_AND_SERVER", "CLIENT", "SERVER"]),
    },
    later: ["customMetric"],
  },
  (given) => ({ metric: given.metric ?? ("ALL_METRICS" as const), mode: given.mode ?? ("CLIENT_AND_SERVER" as const) }),
);

const override = message(
  "MetricsOverrides",
  { optional: { match: selector, disabled: boolean, tagOverrides: mapOf(tagOverride, tagName) } },
  (given): TelemetryOverride => {
    const { metric, mode } = given.match ?? { metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER" };
    return defined({ metric, mode, disabled: given.disabled, tags: given.tagOverrides ?? {} });
  },
);

const providerName: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (text === "prometheus") return text;
  return reportError(context, {
    offset: value.offset,
    path,
    code: "SLU0004",
    message: `${path}: the provider "${text}" is not supported yet by this version of Sluice`,
    allowed: "prometheus",
  });
});

const provider = message("ProviderRef", { required: { name: providerName } }, (given) => given.name);

const metrics = message(
  "Metrics",
  { optional: { providers: list(provider), overrides: list(override) }, later: ["reportingInterval"] },
  (given) => given.overrides ?? [],
);

const telemetry = message(
  "Telemetry",
  {
    optional: { selector: workloadSelector, metrics: list(metrics) },
    later: ["targetRef", "targetRefs", "tracing", "accessLogging"],
  },
  (given): TelemetrySpec => ({ selector: given.selector ?? {}, overrides: (given.metrics ?? []).flat() }),
);

/** Istio: Telemetry. The overrides of all entries of `metrics` in one list, later ones winning. */
export const telemetrySpec: Decoder<TelemetrySpec> = (value: Value, path, context) =>
  telemetry(isNull(value) ? { kind: "map", entries: [], offset: value.offset } : value, path, context);

export function buildTelemetry(meta: ObjectMeta, spec: TelemetrySpec): Telemetry {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
