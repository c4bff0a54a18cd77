import { describe, expect, test } from "vitest";
import type { LastGood } from "../model/last-good.ts";
import { changedObjects, describeChanges } from "./changes.ts";

describe("changed objects", () => {
  const state = (objects: Record<string, string>): LastGood => ({
    documents: Object.entries(objects).map(([key, text]) => ({ file: "f", line: 1, text, objects: { [key]: 0 } })),
  });
  test("are named by kind, namespace and name", () => {
    const before = state({ "VirtualService/n/a": "1", "Gateway/n/b": "1", "Gateway/n/c": "1" });
    const after = state({ "VirtualService/n/a": "2", "Gateway/n/b": "1", "Telemetry/n/d": "1" });
    expect(describeChanges(changedObjects(before, after))).toBe(
      "VirtualService n/a, Telemetry n/d, Gateway n/c (removed)",
    );
  });
  test("are counted beyond three", () => {
    const after = state({ "A/n/1": "", "A/n/2": "", "A/n/3": "", "A/n/4": "", "A/n/5": "" });
    expect(describeChanges(changedObjects(state({}), after))).toBe("A n/1, A n/2, A n/3 and 2 more");
  });
});
