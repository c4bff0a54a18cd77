import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { compileMapped } from "../fixtures/compile-filter.ts";
import { HostError } from "../error.ts";
import { SourceMap } from "./index.ts";
import { loadModule, sourceMapOf, withSourceMap } from "./sources.ts";

// Offsets 0 to 4 have no source; 5 is a.ts:1:1, 9 is a.ts:3:5, 20 is b.ts:1:1.
const MAP = JSON.stringify({
  version: 3,
  sources: ["a.ts", "b.ts"],
  sourcesContent: ["one\ntwo\nthree", null],
  names: [],
  mappings: "KAAA,IAEI,WCFJ",
});

function parsed(): SourceMap {
  const map = SourceMap.parse(MAP);
  if (typeof map === "string") throw new Error(map);
  return map;
}

test.each([
  [5, 0, 100, "a.ts:1:1"],
  [8, 0, 100, "a.ts:1:1"],
  [9, 0, 100, "a.ts:3:5"],
  [19, 0, 100, "a.ts:3:5"],
  [500, 0, 1000, "b.ts:1:1"],
  [2, 0, 100, "a.ts:1:1"],
  [7, 6, 100, "a.ts:3:5"],
  [7, 6, 8, undefined],
])("offset %i in a function from %i to %i is %s", (offset, from, to, expected) => {
  const at = parsed().at(offset, from, to);
  expect(at && `${at.file}:${at.line}:${at.column}`).toBe(expected);
});

test("exact offsets and contents", () => {
  expect(parsed().exactly(9)).toEqual({ file: "a.ts", line: 3, column: 5 });
  expect(parsed().exactly(10)).toBeUndefined();
  expect(parsed().content("a.ts")).toBe("one\ntwo\nthree");
  expect(parsed().content("b.ts")).toBeUndefined();
  expect(parsed().content("c.ts")).toBeUndefined();
});

test.each(["", "no JSON", "null", "[]", "{}", '{"version":3}'])("%j has no position", (text) => {
  const map = SourceMap.parse(text);
  if (typeof map === "string") expect(map).toContain("no source map: ");
  else expect(map.at(5)).toBeUndefined();
});

test("loadModule finds the map that the module names, and the one beside it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "sluice-map-"));
  const wasm = await compileMapped("export function f(): i32 { return 7; }");
  try {
    const file = path.join(folder, "any.wasm");
    await writeFile(file, wasm);
    expect(sourceMapOf(await loadModule(file))).toBeUndefined();
    // What the compiler wrote into the module.
    await writeFile(path.join(folder, "filter.wasm.map"), MAP);
    expect(sourceMapOf(await loadModule(pathToFileURL(file)))?.content("a.ts")).toContain("one");
    const other = path.join(folder, "other.wasm");
    await writeFile(other, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    await writeFile(`${other}.map`, MAP);
    expect(sourceMapOf(await loadModule(other))?.content("a.ts")).toContain("one");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  expect(() => withSourceMap(wasm, "no map")).toThrow(HostError);
});
