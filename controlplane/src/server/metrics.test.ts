import { expect, test } from "vitest";
import { createMetrics, metricsText, observeConvergence } from "./metrics.ts";

test("metrics are Prometheus text with cumulative buckets", () => {
  const metrics = createMetrics();
  metrics.pushes.set("cds", 3);
  observeConvergence(metrics, 80);
  const text = metricsText(metrics, 2);
  expect(text).toContain("pilot_xds 2\n");
  expect(text).toContain('pilot_xds_pushes{type="cds"} 3\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="0.05"} 0\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="0.1"} 1\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="+Inf"} 1\n');
});
