import { COMMON_TAGS, ISTIO_LABELS } from "./metric-labels.ts";

export interface MetricTag {
  readonly tagName: string;
  readonly regex: string;
}

/**
 * The tags that Envoy takes out of the telemetry filter's metric names (bootstrap: stats_config.stats_tags).
 * `extra` names labels of the user's own beyond `COMMON_TAGS`.
 *
 * A name reads `istio_requests_total;.reporter=source;.source_workload=a-v1…`. No value holds a semicolon, so `;.key=`
 * begins a label and nothing else does. The anchor and the literal prefix let Envoy skip all its other metrics without
 * running an expression; the dot after the semicolon makes each label a symbol that metrics share.
 */
export function metricTags(extra: readonly string[] = []): readonly MetricTag[] {
  const names = new Set<string>([...ISTIO_LABELS, ...COMMON_TAGS, ...extra]);
  return [...names]
    .filter((name) => /^\w+$/.test(name))
    .map((name) => ({
      tagName: name,
      regex: `^wasmcustom\\.(?:istio|sluice)_.*?(;\\.${name}=([^;]*))`,
    }));
}
