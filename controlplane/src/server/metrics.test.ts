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

// Istio's users have dashboards and alerts on them.
test.each([
  "pilot_xds",
  "pilot_xds_pushes",
  "pilot_xds_push_time",
  "pilot_xds_send_time",
  "pilot_proxy_queue_time",
  "pilot_proxy_convergence_time",
  "pilot_push_triggers",
  "pilot_debounce_time",
  "pilot_pushcontext_init_seconds",
  "pilot_inbound_updates",
  "pilot_xds_config_size_bytes",
  "pilot_services",
  "pilot_total_xds_rejects",
  "pilot_xds_expired_nonce",
  "pilot_sds_certificate_errors_total",
])("istiod's %s is there", (name) => {
  expect(metricsText(createMetrics())).toContain(`# HELP ${name} `);
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
