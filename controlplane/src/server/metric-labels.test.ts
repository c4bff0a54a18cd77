import { expect, test } from "vitest";
import type { TagOverride, Telemetry } from "../model/types.ts";
import { MetricLabels } from "./metric-labels.ts";

function telemetry(tags: Readonly<Record<string, TagOverride>>): Telemetry {
  const position = { file: "t.yaml", line: 1, column: 1 };
  const ref = { kind: "Telemetry", namespace: "shop", name: "t", position };
  return { ref, labels: {}, selector: {}, overrides: [{ metric: "ALL_METRICS", mode: "CLIENT", tags }] };
}

const upsert: TagOverride = { operation: "UPSERT", value: { literal: "x" } };

test("only a label that is new to a running mesh is warned of, and once", () => {
  const labels = new MetricLabels();
  const learn = (tags: Readonly<Record<string, TagOverride>>): string[] =>
    labels.learn([telemetry(tags)]).map(({ message }) => message.split('"')[1] ?? "");
  expect(learn({ first: upsert })).toEqual([]);
  expect(learn({ first: upsert, team: upsert, gone: { operation: "REMOVE" } })).toEqual(["team"]);
  expect(learn({ first: upsert, team: upsert })).toEqual([]);
  expect(learn({ reporter: upsert, request_method: upsert })).toEqual([]);
  expect(learn({ first: upsert })).toEqual([]);
});
