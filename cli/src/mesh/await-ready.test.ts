import { expect, test } from "vitest";
import { describeLacking } from "./await-ready.ts";

test.each([
  ["nothing is lacking", [], [], "7 of 7 Envoys ready"],
  ["one Envoy", ["a.b"], ["x"], "6 of 7 Envoys ready; waiting for a.b"],
  ["many Envoys", ["a", "b", "c", "d", "e"], [], "2 of 7 Envoys ready; waiting for a, b, c and 2 more"],
  ["only ports", [], ["the gateway g"], "7 of 7 Envoys ready; waiting for the gateway g"],
])("%s", (_, proxies, ports, text) => {
  expect(describeLacking({ proxies, ports }, 7)).toBe(text);
});
