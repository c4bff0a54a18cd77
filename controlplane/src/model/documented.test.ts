import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SUPPORTED_KINDS } from "./kinds/api-versions.ts";
import { MESH_WITHOUT_EFFECT, PROXY_WITHOUT_EFFECT } from "./kinds/mesh-without-effect.ts";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/istio.md"), "utf8");
const titles = [...page.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title);

test("the page of Istio's API has a chapter for every kind, and for nothing that is not there", () => {
  const known = [...SUPPORTED_KINDS, "MeshConfig", "Not there"];
  expect(titles.toSorted()).toEqual(known.toSorted());
});

test("it names every field that is told to have no effect", () => {
  const fields = [...Object.keys(MESH_WITHOUT_EFFECT), ...Object.keys(PROXY_WITHOUT_EFFECT)];
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});

/** Below `test/integration`, or beside it. */
function placeOf(file: string): string {
  const [nearest = "", other = ""] = ["test/integration", "test"].map((folder) => join(root, folder, file));
  return existsSync(nearest) ? nearest : other;
}

test("what it names is there", () => {
  const tests = [...page.matchAll(/[\w/-]+\.test\.ts|[\w/-]+-rows\.ts/g)].map(([file]) => placeOf(file));
  const links = [...page.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file = ""]) => join(root, "docs", file));
  expect([...tests, ...links].filter((file) => !existsSync(file))).toEqual([]);
  expect(tests.length).toBeGreaterThan(10);
});
