import { expect, test } from "vitest";
import { createMetrics, Metric, metricsText } from "./metrics.ts";

test("metrics are Prometheus text with cumulative buckets", () => {
  const metrics = createMetrics();
  metrics.clients.set(2);
  metrics.pushes.add(3, { type: "cds" });
  metrics.convergence.observe(0.08);
  const text = metricsText(metrics);
  expect(text).toContain("pilot_xds 2\n");
  expect(text).toContain('pilot_xds_pushes{type="cds"} 3\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="0.05"} 0\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="0.1"} 1\n');
  expect(text).toContain('pilot_proxy_convergence_time_bucket{le="+Inf"} 1\n');
  expect(text).toContain("pilot_proxy_convergence_time_count 1\n");
});

test("what stands in a label cannot end it", () => {
  const metric = new Metric("counter", "m", "h");
  metric.add(1, { node: 'a"\\\nb' });
  expect(metric.text().at(-1)).toBe('m{node="a\\"\\\\\\nb"} 1');
});

test("the number of series has an end", () => {
  const metric = new Metric("counter", "m", "h");
  for (let index = 0; index < 10_100; index += 1) metric.add(1, { node: String(index) });
  expect(metric.text()).toHaveLength(10_002);
});
