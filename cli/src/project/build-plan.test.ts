import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FILTERS_FOLDER, MODULES_FOLDER, ROOT } from "../paths.ts";
import { planBuild } from "./build-plan.ts";
import { findProject } from "./find-project.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sluice-plan-"));
  put("project/package.json", JSON.stringify({ name: "@acme/guard" }));
  put("project/asconfig.json", "{}");
  put("project/assembly/index.ts");
  put("project/assembly/other.ts");
  put("project/README.md");
  put("unnamed/asconfig.json", "{}");
  put("unnamed/package.json", "not JSON");
  put("unnamed/assembly/index.ts");
  put("many/one/index.ts");
  put("many/asconfig.json", "{}");
  put("loose/two/index.ts");
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(file: string, text = ""): void {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}

const at = (...parts: string[]): string => path.join(folder, ...parts);

describe("sluice build", () => {
  test.each<[string, string, string | undefined, string | undefined, () => object]>([
    [
      "in a project",
      "project",
      undefined,
      undefined,
      () => one("project/assembly/index.ts", "project/build/guard.wasm"),
    ],
    [
      "below it",
      "project/assembly",
      undefined,
      undefined,
      () => one("project/assembly/index.ts", "project/build/guard.wasm"),
    ],
    ["with --out", "project", undefined, "dist", () => one("project/assembly/index.ts", "project/dist/guard.wasm")],
    ["of a project", ".", "project", undefined, () => one("project/assembly/index.ts", "project/build/guard.wasm")],
    [
      "of its entry",
      "project",
      "assembly/index.ts",
      undefined,
      () => one("project/assembly/index.ts", "project/build/guard.wasm"),
    ],
    [
      "of another source",
      "project",
      "assembly/other.ts",
      undefined,
      () => one("project/assembly/other.ts", "project/build/other.wasm"),
    ],
    [
      "of a project without a name",
      ".",
      "unnamed",
      undefined,
      () => one("unnamed/assembly/index.ts", "unnamed/build/unnamed.wasm"),
    ],
    ["of a filter's folder", ".", "many/one", undefined, () => one("many/one/index.ts", "many/build/one.wasm", "many")],
    [
      "of a folder of filters",
      ".",
      "many",
      undefined,
      () => ({ kind: "folder", folder: at("many"), outFolder: at("many/build"), root: at("many") }),
    ],
    [
      "of one outside of every project",
      ".",
      "loose",
      "dist",
      () => ({ kind: "folder", folder: at("loose"), outFolder: at("dist"), root: ROOT }),
    ],
    [
      "outside of every project",
      ".",
      undefined,
      undefined,
      () => ({ kind: "folder", folder: FILTERS_FOLDER, outFolder: MODULES_FOLDER, root: ROOT }),
    ],
    [
      "of the mesh's policies by name",
      ".",
      FILTERS_FOLDER,
      undefined,
      () => ({
        kind: "folder",
        folder: path.resolve(FILTERS_FOLDER),
        outFolder: MODULES_FOLDER,
        root: path.resolve(ROOT),
      }),
    ],
  ])("%s", (_name, workingFolder, given, out, expected) => {
    expect(planBuild({ given, out, workingFolder: at(workingFolder) })).toEqual(expected());
  });

  test.each([
    ["a file that is not there", "nothing.ts", /nothing\.ts does not exist: give a source, a folder, or nothing/],
    ["a file that is no source", "project/README.md", /is no AssemblyScript source: its name ends in \.ts/],
  ])("of %s", (_name, given, message) => {
    expect(() => planBuild({ given, out: undefined, workingFolder: folder })).toThrow(message);
  });
});

function one(entry: string, outFile: string, root = entry.split("/")[0] ?? ""): object {
  return { kind: "one", entry: at(entry), outFile: at(outFile), root: at(root) };
}

test("a folder outside of every project is in none", () => {
  expect(findProject(folder)).toBe(undefined);
});
