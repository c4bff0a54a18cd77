import { MetricType } from "../abi/numbers.ts";
import type { Metric } from "./metrics.ts";

/**
 * How a label is taken out of a metric's name: a regular expression whose first group leaves the name, and whose second
 * (else the first) is the value. Envoy's stats_config.stats_tags.
 */
export interface StatsTag {
  readonly tagName: string;
  readonly regex: string;
}

/** Envoy's own buckets. */
const BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];
const TYPES: Readonly<Record<MetricType, string>> = { 0: "counter", 1: "gauge", 2: "histogram" };

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly metric: Metric;
}

/** The metrics in Prometheus' text format, sorted by name, labels taken out. A histogram without a sample is left out. */
export function prometheusText(metrics: readonly Metric[], tags: readonly StatsTag[]): string {
  const rules = tags.map(({ tagName, regex }) => ({ tagName, regex: new RegExp(regex) }));
  const groups = new Map<string, Sample[]>();
  for (const metric of metrics) {
    if (metric.type === MetricType.Histogram && metric.samples.length === 0) continue;
    const sample = takeLabels(metric, rules);
    groups.set(sample.name, [...(groups.get(sample.name) ?? []), sample]);
  }
  const lines: string[] = [];
  for (const [name, samples] of [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    lines.push(`# TYPE ${name} ${TYPES[samples[0]?.metric.type ?? 0]}`);
    for (const sample of samples) lines.push(...sampleLines(sample));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function takeLabels(metric: Metric, rules: readonly { tagName: string; regex: RegExp }[]): Sample {
  let rest = metric.name;
  const labels: string[] = [];
  for (const { tagName, regex } of rules) {
    const match = regex.exec(metric.name);
    const [, removed, value = removed] = match ?? [];
    if (removed === undefined || value === undefined) continue;
    rest = rest.replace(removed, "");
    labels.push(`${sanitise(tagName)}="${value.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`)}"`);
  }
  return { name: sanitise(rest), labels: labels.join(","), metric };
}

function sampleLines({ name, labels, metric }: Sample): string[] {
  if (metric.type !== MetricType.Histogram) return [`${name}{${labels}} ${metric.value}`];
  const prefix = labels === "" ? "" : `${labels},`;
  const { samples } = metric;
  const under = (bound: number): number => samples.filter((sample) => Number(sample) <= bound).length;
  const total = samples.reduce((sum, sample) => sum + sample, 0n);
  return [
    ...BUCKETS.map((bound) => `${name}_bucket{${prefix}le="${bound}"} ${under(bound)}`),
    `${name}_bucket{${prefix}le="+Inf"} ${samples.length}`,
    `${name}_sum{${labels}} ${total}`,
    `${name}_count{${labels}} ${samples.length}`,
  ];
}

function sanitise(name: string): string {
  const safe = name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  return /^\d/.test(safe) ? `_${safe}` : safe;
}
