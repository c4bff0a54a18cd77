import type { ResourceKind } from "../snapshot/types.ts";
import type { Fleet } from "./fleet.ts";
import type { MeshRunner } from "./mesh-runner.ts";
import { metricsText } from "./metrics.ts";
import type { Metric, Metrics } from "./metrics.ts";

/** The text of GET /metrics: what is counted all along, and the gauges as they are now. */
export function scrape(metrics: Metrics, fleet: Fleet, runner: MeshRunner): string {
  metrics.clients.set(fleet.size);
  metrics.services.set(runner.serviceCount);
  const rejects: Partial<Record<ResourceKind, Metric>> = {
    cluster: metrics.cdsReject,
    endpoint: metrics.edsReject,
    listener: metrics.ldsReject,
    route: metrics.rdsReject,
  };
  for (const metric of Object.values(rejects)) metric.clear();
  for (const { resource, by } of fleet.quarantine.rejections) {
    for (const node of by) rejects[resource.kind]?.add(1, { node });
  }
  return metricsText(metrics);
}
