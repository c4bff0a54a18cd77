import { createHost } from "@sluice/host";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const module = await exampleModule("metrics");

test.each([
  [200, "2xx"],
  [301, "3xx"],
  [404, "4xx"],
  [503, "5xx"],
  [600, "5xx"],
])("a response of %i counts as %s", (status, statusClass) => {
  const host = createHost();
  const stream = host.load(module).stream();
  stream.requestHeaders();
  stream.responseHeaders([[":status", String(status)]]);
  stream.complete();
  expect(host.metrics.find(`example_requests;.status_class=${statusClass}`)?.value).toBe(1n);
});

test("a request without an answer counts too", () => {
  const host = createHost();
  const stream = host.load(module).stream();
  stream.requestHeaders();
  stream.complete();
  expect(host.metrics.find("example_requests;.status_class=none")?.value).toBe(1n);
});

test("the histogram has the duration in milliseconds", () => {
  const host = createHost();
  const stream = host.load(module).stream();
  stream.requestHeaders();
  host.advance(42);
  stream.responseHeaders([[":status", "200"]]);
  stream.complete();
  expect(host.metrics.find("example_duration_ms")?.samples).toEqual([42n]);
});
