/** A filter's own metrics by name: what it counts, and a histogram's quantiles as Envoy prints them. */
export type Metrics = ReadonlyMap<string, string>;

/** Envoy puts the metrics that a module defines below this. */
const PREFIX = "wasmcustom.";

/** Those of a `/stats` answer in its text form. */
export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^wasmcustom\.(.+?): (.+)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[2] === "No recorded values") continue;
    metrics.set(match[1], match[2]);
  }
  return metrics;
}

/** What to ask Envoy's admin interface for. */
export const METRICS_PATH = `/stats?filter=^${PREFIX.replace(".", "\\.")}`;

/** A line for each metric that is new or has changed: `requests 12 (+3)`. */
export function changedMetrics(before: Metrics, now: Metrics): string[] {
  return [...now].flatMap(([name, value]) => {
    const old = before.get(name);
    if (old === value || (old === undefined && value === "0")) return [];
    const step = Number(value) - Number(old ?? 0);
    return Number.isNaN(step) ? [`${name} ${quantiles(value)}`] : [`${name} ${value} (${step > 0 ? "+" : ""}${step})`];
  });
}

/** Of `P50(interval,total) …`, the total's that one looks at; anything else as it is. */
function quantiles(value: string): string {
  const wanted = [...value.matchAll(/(P50|P99|P100)\([^,]*,([^)]*)\)/g)].map(([, name, total]) => `${name} ${total}`);
  return wanted.length === 0 ? value : wanted.join(", ");
}
