import { expect, test } from "vitest";
import type { JsonValue } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { diffMeshes, jsonChanges, type ComparedMesh } from "./index.ts";

test.each<[what: string, before: JsonValue, after: JsonValue, changes: object[]]>([
  ["nothing", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ["a field", { a: { b: 1 } }, { a: { b: 2 } }, [{ path: "a.b", before: 1, after: 2 }]],
  ["a field that is new", { a: {} }, { a: { b: 2 } }, [{ path: "a.b", after: 2 }]],
  [
    "an item by its name, wherever it stands",
    { list: [{ name: "x", v: 1 }, { name: "y" }] },
    { list: [{ name: "new" }, { name: "x", v: 2 }, { name: "y" }] },
    [
      { path: "list[x].v", before: 1, after: 2 },
      { path: "list[new]", after: { name: "new" } },
    ],
  ],
  ["items without names, by their place", [1, 2], [1, 3], [{ path: "[1]", before: 2, after: 3 }]],
  [
    "the order",
    [{ name: "x" }, { name: "y" }],
    [{ name: "y" }, { name: "x" }],
    [{ path: " (order)", before: ["x", "y"], after: ["y", "x"] }],
  ],
  ["another shape", { a: [1] }, { a: { b: 1 } }, [{ path: "a", before: [1], after: { b: 1 } }]],
])("%s", (_, before, after, changes) => {
  expect(jsonChanges(before, after)).toEqual(changes);
});

test("there is a change exactly where two values differ (property)", () => {
  const value = fc.jsonValue({ maxDepth: 3 }).map((one) => JSON.parse(JSON.stringify(one)) as JsonValue);
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(jsonChanges(a, a)).toEqual([]);
      if (JSON.stringify(a) !== JSON.stringify(b)) expect(jsonChanges(a, b).length > 0).toBe(!sameButOrder(a, b));
    }),
  );
});

/** Keys of an object have no order. */
function sameButOrder(a: JsonValue, b: JsonValue): boolean {
  const sorted = (value: JsonValue): string =>
    JSON.stringify(value, (_, one: unknown) =>
      typeof one === "object" && one !== null && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).toSorted(([x], [y]) => (x < y ? -1 : 1)))
        : one,
    );
  return sorted(a) === sorted(b);
}

function meshOf(proxies: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>): ComparedMesh {
  return new Map(
    Object.entries(proxies).map(([proxy, clusters]) => [
      proxy,
      Object.entries(clusters).map(([name, config]) => ({
        type: "cluster" as const,
        name,
        version: JSON.stringify(config),
        objects: [],
        config: () => Promise.resolve(config),
      })),
    ]),
  );
}

test("only proxies for which something differs, and of them only what does", async () => {
  const before = meshOf({ same: { a: 1 }, one: { a: 1, b: 1, gone: 1 }, old: { a: 1 } });
  const after = meshOf({ same: { a: 1 }, one: { a: 1, b: 2, new: 1 }, fresh: { a: 1 } });
  expect(await diffMeshes(before, after)).toEqual([
    { proxy: "fresh", state: "added", resources: [] },
    { proxy: "old", state: "removed", resources: [] },
    {
      proxy: "one",
      state: "changed",
      resources: [
        { type: "cluster", name: "b", state: "changed", objects: [], fields: [{ path: "", before: 1, after: 2 }] },
        { type: "cluster", name: "gone", state: "removed", objects: [], fields: [] },
        { type: "cluster", name: "new", state: "added", objects: [], fields: [] },
      ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    },
  ]);
});
