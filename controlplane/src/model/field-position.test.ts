import { expect, test } from "vitest";
import { parseFiles } from "../config/index.ts";
import { fieldPosition } from "./field-position.ts";

const text = `spec:
  hosts: [a, b]
  workload_selector:
    labels: { app: x, "a.b/c": y }
  http:
  - name: one
  - route:
    - weight: 1
`;

test.each<[field: string, place: string | undefined]>([
  ["spec", "1:1"],
  ["spec.hosts", "2:3"],
  ["spec.hosts[1]", "2:14"],
  ["spec.workloadSelector.labels", "4:5"],
  ['spec.workloadSelector.labels["a.b/c"]', "4:23"],
  ["spec.http[1].route[0].weight", "8:7"],
  ["spec.http[1].timeout", "7:5"],
  ["spec.http[9].route", "5:3"],
  ["status", undefined],
])("%s is at %s", (field, place) => {
  const [document] = parseFiles([{ path: "x.yaml", text }]);
  if (document?.root === undefined) throw new Error("the text of the test has no document");
  const found = fieldPosition(document, document.root, field);
  expect(found && `${found.line}:${found.column}`).toBe(place);
});
