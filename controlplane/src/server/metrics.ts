import { kindOf, SHORT_NAMES } from "../snapshot/kinds.ts";

/** Counters under the names that Istio's users have alerts on. */
export interface Metrics {
  /** Responses sent, by type (`cds`, `eds` ...). */
  readonly pushes: Map<string, number>;
  /** Responses that an Envoy refused, by type. */
  readonly rejects: Map<string, number>;
  /** From a change to the last ACK of the proxies that it concerned: upper bounds in seconds and how many were within. */
  readonly convergence: { readonly buckets: Map<number, number>; sum: number; count: number };
}

const bounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 10, 30];

export function createMetrics(): Metrics {
  return {
    pushes: new Map(),
    rejects: new Map(),
    convergence: { buckets: new Map(bounds.map((bound) => [bound, 0])), sum: 0, count: 0 },
  };
}

export function countType(counter: Map<string, number>, typeUrl: string): void {
  const kind = kindOf(typeUrl);
  const type = kind === undefined ? "other" : SHORT_NAMES[kind];
  counter.set(type, (counter.get(type) ?? 0) + 1);
}

export function observeConvergence({ convergence }: Metrics, milliseconds: number): void {
  const seconds = milliseconds / 1000;
  convergence.sum += seconds;
  convergence.count += 1;
  for (const [bound, count] of convergence.buckets) {
    if (seconds <= bound) convergence.buckets.set(bound, count + 1);
  }
}

/** Prometheus' text format, version 0.0.4. */
export function metricsText(metrics: Metrics, connected: number): string {
  const { buckets, sum, count } = metrics.convergence;
  const lines = [
    "# HELP pilot_xds Envoys connected over xDS.",
    "# TYPE pilot_xds gauge",
    `pilot_xds ${connected}`,
    "# HELP pilot_xds_pushes Responses sent, by type.",
    "# TYPE pilot_xds_pushes counter",
    ...[...metrics.pushes].map(([type, value]) => `pilot_xds_pushes{type="${type}"} ${value}`),
    "# HELP pilot_total_xds_rejects Responses that an Envoy rejected, by type.",
    "# TYPE pilot_total_xds_rejects counter",
    ...[...metrics.rejects].map(([type, value]) => `pilot_total_xds_rejects{type="${type}"} ${value}`),
    "# HELP pilot_proxy_convergence_time Seconds from a change to the last ACK of the proxies that it concerns.",
    "# TYPE pilot_proxy_convergence_time histogram",
    ...[...buckets].map(([bound, value]) => `pilot_proxy_convergence_time_bucket{le="${bound}"} ${value}`),
    `pilot_proxy_convergence_time_bucket{le="+Inf"} ${count}`,
    `pilot_proxy_convergence_time_sum ${sum}`,
    `pilot_proxy_convergence_time_count ${count}`,
  ];
  return `${lines.join("\n")}\n`;
}
