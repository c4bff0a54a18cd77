import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// The linter holds the import law for TypeScript (.oxlintrc.json); it can't read AssemblyScript, so this test does it there.

const root = join(import.meta.dirname, "..", "..");
const sources = globSync(["sdk/**/*.ts", "filters/**/*.ts"], {
  cwd: root,
  exclude: (name: string) => name === "node_modules" || name.endsWith(".test.ts"),
}).filter((path) => !/\/(tests?|transform)\//.test(path));

/** What each AssemblyScript file may import, by the first rule whose path fits. */
const law: readonly { path: RegExp; may: RegExp; rule: string }[] = [
  { path: /^sdk\/(abi|wire)\//, may: /^\.\/[^/]*$/, rule: "abi and wire import nothing but their own folder" },
  { path: /^sdk\//, may: /^\.{1,2}\//, rule: "the SDK imports only itself" },
  { path: /^filters\/common\//, may: /^\.\//, rule: "filters/common imports nothing but itself" },
  {
    path: /\/(decide|config)\.ts$/,
    may: /^(\.\/|\.\.\/common\/)/,
    rule: "decide and config import common and their own folder, no sdk",
  },
  {
    path: /^filters\/shell\//,
    may: /^(\.\/|\.\.\/common\/|proxy-wasm-assemblyscript-sdk$)/,
    rule: "what shells share imports the SDK by its name, common, and its own folder",
  },
  {
    path: /^filters\/policies\//,
    may: /^(\.{1,2}\/|proxy-wasm-assemblyscript-sdk$)/,
    rule: "the module of all policies imports the SDK by its name, and any filter",
  },
  {
    path: /^filters\//,
    may: /^(\.\/|\.\.\/(common|shell)\/|proxy-wasm-assemblyscript-sdk$)/,
    rule: "a filter imports the SDK by its name, common, shell, and its own folder",
  },
];

function imports(path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gms)].map((match) => match[1] ?? "");
}

test("there is AssemblyScript to look at", () => {
  expect(sources.length).toBeGreaterThan(10);
});

test.each(sources)("%s keeps the import law", (path) => {
  const rule = law.find((entry) => entry.path.test(path));
  const broken = imports(path).filter((target) => rule !== undefined && !rule.may.test(target));
  expect(broken, rule?.rule).toEqual([]);
});
