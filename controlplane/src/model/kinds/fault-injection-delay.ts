import { reportError } from "../decode/context.ts";
import { mapOf } from "../decode/collections.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { message } from "../decode/message.ts";
import { string } from "../decode/scalars.ts";
import type { DelayDistribution, FaultInjectionDelay } from "../fault-injection.ts";
import { oneOf } from "./one-of.ts";
import { percentage } from "./percentage.ts";

/** What a proxy's clock still counts, and nobody waits for: longer delays are a mistake. */
const MAX_DELAY_MS = 3_600_000;

const delayMs: Decoder<number> = refine(durationMs, (ms, value, path, context) => {
  if (ms <= MAX_DELAY_MS) return ms;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is more than an hour`,
    allowed: "1ms to 1h",
  });
});

const uniform = message(
  "Uniform",
  { required: { min: delayMs, max: delayMs }, examples: { min: "10ms", max: "100ms" } },
  ({ min, max }, place): DelayDistribution | undefined => {
    if (min <= max) return { kind: "uniform", minMs: min, maxMs: max };
    return reportError(place.context, {
      offset: place.key("min"),
      path: `${place.path}.min`,
      message: `${place.path}.min is more than ${place.path}.max`,
    });
  },
);

const normal = message(
  "Normal",
  { required: { mean: delayMs, deviation: delayMs }, examples: { mean: "100ms", deviation: "20ms" } },
  ({ mean, deviation }): DelayDistribution => ({ kind: "normal", meanMs: mean, deviationMs: deviation }),
);

const lognormal = message(
  "Lognormal",
  { required: { median: delayMs, p99: delayMs }, examples: { median: "50ms", p99: "1s" } },
  ({ median, p99 }, place): DelayDistribution | undefined => {
    if (median < p99) return { kind: "lognormal", medianMs: median, p99Ms: p99 };
    return reportError(place.context, {
      offset: place.key("p99"),
      path: `${place.path}.p99`,
      message: `${place.path}.p99 must be more than the median`,
    });
  },
);

const exponential = message(
  "Exponential",
  { required: { mean: delayMs }, examples: { mean: "100ms" } },
  ({ mean }): DelayDistribution => ({ kind: "exponential", meanMs: mean }),
);

const percentKey: Decoder<string> = refine(string, (text, value, path, context) => {
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (percent >= 0 && percent <= 100) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is not a percentile`,
    allowed: 'a number from 0 to 100 such as "50" or "99.9"',
  });
});

const percentiles: Decoder<DelayDistribution> = refine(mapOf(delayMs, percentKey), (given, value, path, context) => {
  const points = Object.entries(given)
    .map(([percent, ms]) => ({ percent: Number(percent), ms }))
    .toSorted((a, b) => a.percent - b.percent);
  const falling = points.findIndex((point, i) => {
    const before = points[i - 1];
    return before !== undefined && (before.percent === point.percent || before.ms > point.ms);
  });
  if (points.length > 0 && points.length <= 100 && falling < 0) return { kind: "percentiles", points };
  const problem =
    points.length === 0
      ? "must name at least one percentile"
      : falling < 0
        ? "has more than 100 percentiles"
        : `does not grow at ${points[falling]?.percent}`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} ${problem}`,
    allowed: 'such as { "50": 20ms, "99": 400ms, "100": 2s }',
  });
});

const fixed: Decoder<DelayDistribution> = refine(delayMs, (ms): DelayDistribution => ({ kind: "fixed", ms }));

/** How often requests are delayed, and for how long. */
export const injectedDelay = message(
  "FaultInjectionDelay",
  {
    required: { percentage },
    optional: { fixed, uniform, normal, lognormal, exponential, percentiles },
    inside: { fixedDelay: "delay, as fixed" },
    examples: { percentage: "{ value: 10 }" },
  },
  ({ percentage: perMillion, ...given }, place): FaultInjectionDelay | undefined => {
    const distribution = oneOf(given, place, "fixed: 2s");
    return distribution && { perMillion, distribution };
  },
);
