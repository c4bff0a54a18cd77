import { isNull, type Value } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Telemetry } from "../types.ts";
import { workloadSelector } from "./selector.ts";
import { accessLogging } from "./telemetry-access-logging.ts";
import { metrics } from "./telemetry-metrics.ts";
import { tracing } from "./telemetry-tracing.ts";
import { TARGET_REFS } from "./target-refs.ts";

type TelemetrySpec = Omit<Telemetry, "ref" | "labels">;

const telemetry = message(
  "Telemetry",
  {
    optional: {
      selector: workloadSelector,
      metrics: list(metrics),
      accessLogging: list(accessLogging),
      tracing: list(tracing),
    },
    refused: TARGET_REFS,
  },
  (given): TelemetrySpec =>
    defined({
      selector: given.selector ?? {},
      overrides: (given.metrics ?? []).flatMap(({ overrides }) => overrides),
      reportingIntervalMs: given.metrics?.findLast((one) => one.reportingIntervalMs !== undefined)?.reportingIntervalMs,
      accessLogging: given.accessLogging,
      tracing: given.tracing,
    }),
);

/** Istio: Telemetry. The overrides of all entries of `metrics` in one list, later ones winning. */
export const telemetrySpec: Decoder<TelemetrySpec> = (value: Value, path, context) =>
  telemetry(isNull(value) ? { kind: "map", entries: [], offset: value.offset } : value, path, context);

export function buildTelemetry(meta: ObjectMeta, spec: TelemetrySpec): Telemetry {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
