import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as asc from "assemblyscript/asc";
import { compile } from "../../cli/src/build/compile.ts";
import { formatBuildDiagnostic } from "../../cli/src/build/index.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const readme = await readFile(path.join(repository, "sdk/README.md"), "utf8");
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);

const COMPILES = 60_000;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "readme-test-"));
  await symlink(path.join(repository, "node_modules"), path.join(root, "node_modules"));
  await symlink(path.join(repository, "asconfig.json"), path.join(root, "asconfig.json"));
  await mkdir(path.join(root, "filter"));
});

afterAll(() => rm(root, { recursive: true }));

/** Compiles one of the README's filters. */
async function filter(index: number): Promise<Harness> {
  const entry = path.join(root, "filter/index.ts");
  await writeFile(entry, blocks("ts")[index] ?? "");
  const configFile = path.join(root, "asconfig.json");
  const outcome = await compile(asc, { root, entry, configFile, target: "debug", outName: "module.wasm" });
  expect(outcome.diagnostics.map(formatBuildDiagnostic)).toEqual([]);
  return load(outcome.binary ?? new Uint8Array());
}

describe("the README's", () => {
  it("first filter adds its header", { timeout: COMPILES }, async () => {
    const host = await filter(0);
    expect(startPlugin(host, 1, "")).toBe(true);
    request(host, 2, 1, []);
    expect(host.headers.get(2)).toEqual([["hello", "world"]]);
  });

  it(
    "second one refuses a path that is too long, and a configuration with the words that stand there",
    {
      timeout: COMPILES,
    },
    async () => {
      const host = await filter(1);
      expect(startPlugin(host, 1, '{"limit": 5}')).toBe(true);
      request(host, 2, 1, [[":path", "/1234"]]);
      expect(host.localResponse).toBeUndefined();
      request(host, 3, 1, [[":path", "/12345"]]);
      expect(host.localResponse).toMatchObject({ status: 414, details: "max_path" });
      expect(startPlugin(host, 4, '{"limits": 100}')).toBe(false);
      const [, message = ""] = /^`(configuration refused: .*)`\.$/m.exec(readme) ?? [];
      expect(host.logs).toEqual([`4 ${message}`]);
    },
  );

  it("TypeScript is all of it compiled here", () => {
    expect(blocks("ts")).toHaveLength(2);
  });

  it("asconfig.json is the one that sdk/tests/package.test.ts builds with", async () => {
    const [text = ""] = blocks("json");
    const tested = await readFile(path.join(repository, "sdk/tests/package.test.ts"), "utf8");
    const { extends: base, entries } = JSON.parse(text) as { extends: string; entries: string[] };
    expect(tested).toContain(`{ extends: "${base}", entries: ["${entries.join()}"] }`);
  });
});
