import { expect, test } from "vitest";
import type { Labels } from "../model/types.ts";
import { ref, workload } from "./mesh-fixture.ts";
import { applying, applyingTelemetries } from "./scope.ts";

const target = workload("a", { namespace: "shop", labels: { app: "a", version: "v1" } });

function policy(name: string, namespace: string, selector: Labels = {}) {
  return { ref: ref("Telemetry", name, namespace), labels: {}, selector, overrides: [] };
}

test.each<[string, string, Labels, boolean]>([
  ["its namespace", "shop", {}, true],
  ["the root namespace", "istio-system", {}, true],
  ["another namespace", "other", {}, false],
  ["a selector that holds", "shop", { app: "a" }, true],
  ["a selector that holds in part", "shop", { app: "a", version: "v2" }, false],
  ["a selector of the root namespace", "istio-system", { app: "a" }, true],
])("%s", (_, namespace, selector, expected) => {
  expect(applying([policy("p", namespace, selector)], target)).toHaveLength(expected ? 1 : 0);
});

test("telemetries come most general first", () => {
  const telemetries = [
    policy("own", "shop", { app: "a" }),
    policy("namespace", "shop"),
    policy("mesh", "istio-system"),
  ];
  expect(applyingTelemetries(telemetries, target).map((each) => each.ref.name)).toEqual(["mesh", "namespace", "own"]);
});
