import { MetricType } from "../abi/numbers.ts";
import type { MetricRegistry } from "../core/metrics.ts";

/** By name: a counter's or gauge's value, the number of a histogram's samples. */
export function counts(metrics: MetricRegistry): Readonly<Record<string, number>> {
  return Object.fromEntries(
    metrics
      .all()
      .map(({ type, name, value, samples }) => [name, type === MetricType.Histogram ? samples.length : Number(value)]),
  );
}

/** Counters and histograms by what was added since, gauges as they are. */
export function growthOf(before: Readonly<Record<string, number>>, metrics: MetricRegistry): Record<string, number> {
  const gauges = new Set(
    metrics
      .all()
      .filter(({ type }) => type === MetricType.Gauge)
      .map(({ name }) => name),
  );
  return Object.fromEntries(
    Object.entries(counts(metrics)).map(([name, value]) => [
      name,
      gauges.has(name) ? value : value - (before[name] ?? 0),
    ]),
  );
}
