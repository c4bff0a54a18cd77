import { expect, test } from "vitest";
import type { Labels } from "../model/types.ts";
import { istioWorkload, peerOf } from "./peer.ts";

test.each<[string, Labels, string]>([
  ["app and version", { app: "a", version: "v1" }, "w;n;a;v1;a;v1;Kubernetes"],
  ["no labels", {}, "w;n;;;w;latest;Kubernetes"],
  [
    "canonical labels",
    { app: "a", "service.istio.io/canonical-name": "c", "service.istio.io/canonical-revision": "r" },
    "w;n;a;;c;r;Kubernetes",
  ],
])("%s", (_, labels, expected) => {
  expect(peerOf({ name: "w", namespace: "n", labels })).toBe(expected);
});

test("Istio's form", () => {
  expect(istioWorkload({ name: "w", namespace: "n", labels: { app: "a" } })).toBe("w;n;a;latest;Kubernetes");
});
