import { describe } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import { METRIC_NAMES } from "../telemetry-types.ts";
import type { MetricName, TelemetryOverride } from "../types.ts";
import { providerNames } from "./telemetry-provider-name.ts";
import { tagName, tagOverride } from "./telemetry-tag.ts";

export const workloadMode = enumeration(["CLIENT_AND_SERVER", "CLIENT", "SERVER"]);

/** The standard metrics by the names under which Prometheus shows them, without `istio_`. */
const PROMETHEUS_NAMES: Readonly<Record<string, MetricName>> = {
  requests_total: "REQUEST_COUNT",
  request_duration_milliseconds: "REQUEST_DURATION",
  request_bytes: "REQUEST_SIZE",
  response_bytes: "RESPONSE_SIZE",
  request_messages_total: "GRPC_REQUEST_MESSAGES",
  response_messages_total: "GRPC_RESPONSE_MESSAGES",
  tcp_sent_bytes_total: "TCP_SENT_BYTES",
  tcp_received_bytes_total: "TCP_RECEIVED_BYTES",
  tcp_connections_opened_total: "TCP_OPENED_CONNECTIONS",
  tcp_connections_closed_total: "TCP_CLOSED_CONNECTIONS",
};

/** There are no metrics but the standard ones, so a custom one is a standard one by its name. */
const customMetric: Decoder<MetricName> = refine(nonEmptyString, (text, value, path, context) => {
  const name = text.replace(/^istio_/, "");
  const known = Object.hasOwn(PROMETHEUS_NAMES, name) ? PROMETHEUS_NAMES[name] : undefined;
  if (known !== undefined) return known;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, and there is no such metric`,
    allowed: Object.keys(PROMETHEUS_NAMES).join(", "),
    fix: didYouMean(name, Object.keys(PROMETHEUS_NAMES)),
  });
});

const selector = message(
  "MetricSelector",
  { optional: { metric: enumeration(["ALL_METRICS", ...METRIC_NAMES]), customMetric, mode: workloadMode } },
  ({ metric, customMetric: custom, mode = "CLIENT_AND_SERVER" }, place) => {
    if (metric === undefined || custom === undefined)
      return { metric: metric ?? custom ?? ("ALL_METRICS" as const), mode };
    return bothGiven(place);
  },
);

function bothGiven(place: Place): undefined {
  return reportError(place.context, {
    offset: place.key("customMetric"),
    path: `${place.path}.customMetric`,
    message: `${place.path} has both metric and customMetric`,
    fix: "remove one of the two",
  });
}

const override = message(
  "MetricsOverrides",
  { optional: { match: selector, disabled: boolean, tagOverrides: mapOf(tagOverride, tagName) } },
  (given): TelemetryOverride => {
    const { metric, mode } = given.match ?? { metric: "ALL_METRICS" as const, mode: "CLIENT_AND_SERVER" as const };
    return defined({ metric, mode, disabled: given.disabled, tags: given.tagOverrides ?? {} });
  },
);

/** Istio: Metrics. */
export const metrics = message(
  "Metrics",
  { optional: { providers: providerNames(["prometheus"]), overrides: list(override), reportingInterval: durationMs } },
  (given) => ({ overrides: given.overrides ?? [], reportingIntervalMs: given.reportingInterval }),
);
