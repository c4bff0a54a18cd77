import { expect, test } from "vitest";
import { MetricType } from "../abi/numbers.ts";
import { parsePrometheus } from "../envoy/stats-text.ts";
import { MetricRegistry } from "./metrics.ts";

test("metrics as Prometheus text, labels taken out of their names", () => {
  const metrics = new MetricRegistry([{ tagName: "response_code", regex: "(;code=(.*?);)" }]);
  const define = (type: MetricType, name: string): number => metrics.define(type, name);
  metrics.increment(define(MetricType.Counter, "requests_total;code=200;"), 3n);
  metrics.increment(define(MetricType.Counter, "requests_total;code=503;"), 1n);
  metrics.record(define(MetricType.Gauge, "in.flight"), 7n);
  const duration = define(MetricType.Histogram, "duration");
  metrics.record(duration, 3n);
  metrics.record(duration, 40n);
  define(MetricType.Histogram, "unused");
  const text = metrics.prometheus();
  expect(text).toContain('# TYPE requests_total counter\nrequests_total{response_code="200"} 3\n');
  expect(text).toContain("# TYPE in_flight gauge\nin_flight{} 7\n");
  expect(text).not.toContain("unused");
  const samples = parsePrometheus(text);
  const bucket = (le: string): number | undefined =>
    samples.find(({ name, labels }) => name === "duration_bucket" && labels["le"] === le)?.value;
  expect([bucket("1"), bucket("5"), bucket("50"), bucket("+Inf")]).toEqual([0, 1, 2, 2]);
  expect(samples.find(({ name }) => name === "duration_sum")?.value).toBe(43);
});
