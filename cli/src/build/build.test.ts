import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readModule } from "@sluice/host/wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatExcerpt } from "../output/excerpt.ts";
import { PLAIN } from "../output/style.ts";
import { buildFilter, buildFilters, createBuilder, formatBuildDiagnostic } from "./index.ts";
import type { BuildResult, BuildTarget } from "./index.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const COMPILES = 120_000;

const GOOD = `import { HttpContext, PluginContext, registerPlugin } from "proxy-wasm-assemblyscript-sdk";
import { answer } from "../common/answer";
class Stream extends HttpContext {
  onLog(): void {
    this.id += answer();
  }
}
class Plugin extends PluginContext {
  createHttpContext(): HttpContext | null {
    return new Stream();
  }
}
registerPlugin(() => new Plugin());
`;

let root: string;
const builder = createBuilder();

/** A project of its own: filters and asconfig.json, the packages by a link. */
async function makeProject(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "build-test-"));
  await cp(path.join(repository, "asconfig.json"), path.join(folder, "asconfig.json"));
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  await write(folder, "filters/common/answer.ts", "export function answer(): u32 {\n  return 42;\n}\n");
  await write(folder, "filters/common/index.ts", "this is not even a filter");
  await write(folder, "filters/good/index.ts", GOOD);
  return folder;
}

async function write(folder: string, file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), text);
}

/** With one warm compiler for all, and in the target debug where nothing depends on it: both save most of the time. */
function build(name: string, target: BuildTarget, folder = root): Promise<BuildResult> {
  return builder.build({
    target,
    entry: path.join(folder, `filters/${name}/index.ts`),
    outFile: path.join(folder, `out/${name}.wasm`),
  });
}

async function problemsOf(source: string, target: BuildTarget): Promise<string[]> {
  await write(root, "filters/bad/index.ts", source);
  const result = await build("bad", target);
  await rm(path.join(root, "filters/bad"), { recursive: true });
  return result.ok ? [] : result.diagnostics.map(formatBuildDiagnostic);
}

beforeAll(async () => {
  root = await makeProject();
});

afterAll(async () => {
  await builder.close();
  await rm(root, { recursive: true });
});

describe("building filters", () => {
  it(
    "builds each folder with an index.ts, and not again while nothing has changed",
    { timeout: COMPILES },
    async () => {
      const lines: string[] = [];
      const run = (): Promise<readonly BuildResult[]> =>
        buildFilters({
          filtersFolder: path.join(root, "filters"),
          outFolder: path.join(root, "out"),
          target: "debug",
          log: (line) => lines.push(line),
        });
      const [first, ...others] = await run();
      expect(others).toEqual([]);
      expect(first).toMatchObject({ ok: true, name: "good", upToDate: false, diagnostics: [] });
      expect(await run()).toMatchObject([{ ok: true, upToDate: true, sha256: first?.ok ? first.sha256 : "" }]);
      await write(root, "filters/common/answer.ts", "export function answer(): u32 {\n  return 43;\n}\n");
      expect(await run()).toMatchObject([{ ok: true, upToDate: false }]);
      expect(lines).toEqual([
        expect.stringMatching(/^good: \d+\.\d KB in /),
        expect.stringMatching(/^good: \d+\.\d KB, up to date$/),
        expect.stringMatching(/^good: \d+\.\d KB in /),
      ]);
    },
  );

  it("makes the same bytes in another folder, and again of a damaged module", { timeout: COMPILES }, async () => {
    const other = await makeProject();
    await write(other, "filters/common/answer.ts", "export function answer(): u32 {\n  return 43;\n}\n");
    const [here, there] = [await build("good", "release"), await build("good", "release", other)];
    expect(here.ok && there.ok && here.sha256 === there.sha256).toBe(true);
    await writeFile(path.join(other, "out/good.wasm"), "damaged");
    const again = await build("good", "release", other);
    expect(again).toMatchObject({ ok: true, upToDate: false });
    const bytes = await readFile(path.join(other, "out/good.wasm"));
    expect(again.ok && again.size === bytes.length).toBe(true);
    await rm(other, { recursive: true });
  });

  it("leaves names and a source map beside a module that has neither", { timeout: COMPILES }, async () => {
    const result = await build("good", "release");
    if (!result.ok) throw new Error(result.compilerOutput);
    const module = readModule(await readFile(result.outFile));
    expect(module).toMatchObject({ ok: true, sourceMappingUrl: undefined });
    expect(module.ok && module.sections.filter(({ id }) => id === 0)).toEqual([]);
    expect([...result.functionNames.values()]).toContainEqual(expect.stringMatching(/proxy_on_log/));
    const map: { sources: string[] } = JSON.parse(await readFile(`${result.outFile}.map`, "utf8"));
    expect(map.sources).toContain("filters/good/index.ts");
    expect(result.inputs).toContain(path.join(root, "filters/common/answer.ts"));
  });

  it("goes on with a warm compiler after errors, and tells the change in size", { timeout: COMPILES }, async () => {
    const target = "debug";
    const entry = path.join(root, "filters/warm/index.ts");
    const outFile = path.join(root, "out/warm.wasm");
    await write(root, "filters/warm/index.ts", GOOD);
    const first = await builder.build({ entry, outFile, target });
    await write(root, "filters/warm/index.ts", `${GOOD}broken(`);
    const broken = await builder.build({ entry, outFile, target });
    await write(root, "filters/warm/index.ts", GOOD.replace("answer();", "answer() + answer();"));
    const second = await builder.build({ entry, outFile, target });
    await rm(path.join(root, "filters/warm"), { recursive: true });
    expect(broken.ok).toBe(false);
    expect(broken.inputs).toContain(entry);
    expect(first.ok && first.previousSize).toBe(undefined);
    expect(second.ok && second.previousSize).toBe(first.ok && first.size);
  });

  it("does not take another filter's module for its own", { timeout: COMPILES }, async () => {
    await build("good", "debug");
    await write(root, "filters/other/index.ts", "not a filter");
    const outFile = path.join(root, "out/good.wasm");
    const result = await buildFilter({ entry: path.join(root, "filters/other/index.ts"), outFile, target: "debug" });
    expect(result.ok).toBe(false);
  });

  it("has no filters to build where there is no folder", async () => {
    expect(await buildFilters({ filtersFolder: path.join(root, "nowhere"), outFolder: root })).toEqual([]);
  });
});

describe("what is wrong with a filter", () => {
  it.each<[string, string, string[]]>([
    [
      "a type error",
      GOOD.replace("this.id += answer();", "const text: string = 1;"),
      ["filters/bad/index.ts:5:26: error TS2322: Type 'i32' is not assignable to type '~lib/string/String'."],
    ],
    [
      "a closure",
      GOOD.replace("this.id += answer();", "let local = 1;\n    const add = (): i32 => local;\n    add();"),
      [
        expect.stringContaining(
          "filters/bad/index.ts:6:28: error AS102: no closures in AssemblyScript: 'local' is a local",
        ),
      ],
    ],
    [
      "a missing import",
      GOOD.replace("../common/answer", "../common/question"),
      ["filters/bad/index.ts:2:24: error TS6054: File 'filters/common/question.ts' not found."],
    ],
    [
      "JavaScript's clock",
      GOOD.replace("this.id += answer();", "this.id += u32(Date.now());"),
      ["filters/bad/index.ts:5:20: error AS102: not available in a proxy: use nowNanoseconds()"],
    ],
    [
      "no plugin",
      GOOD.replace("registerPlugin(() => new Plugin());", "").replace(", registerPlugin", ""),
      [expect.stringContaining("the filter registers no plugin: call registerPlugin(() => new MyPlugin())")],
    ],
    [
      "an import that no proxy has",
      `${GOOD}@external("env", "proxy_magic") declare function magic(): void;\nmagic();\n`,
      ["error ABI: imports env.proxy_magic, which Envoy does not have"],
    ],
    [
      "no SDK",
      "export function proxy_on_log(id: u32): void {}\n",
      [
        expect.stringMatching(
          /^error ABI: exports no proxy_abi_version_0_2_1: .*imports proxy-wasm-assemblyscript-sdk/,
        ),
        expect.stringMatching(/^error ABI: exports neither malloc nor proxy_on_memory_allocate: /),
      ],
    ],
  ])("names %s", { timeout: COMPILES }, async (_case, source, expected) => {
    expect(await problemsOf(source, source.includes("-sdk") ? "debug" : "release")).toEqual(expected);
  });

  it("shows the lines around", { timeout: COMPILES }, async () => {
    await write(root, "filters/bad/index.ts", GOOD.replace("this.id += answer();", "const text: string = 1;"));
    const result = await build("bad", "debug");
    await rm(path.join(root, "filters/bad"), { recursive: true });
    const [diagnostic] = result.diagnostics;
    expect(diagnostic?.excerpt && formatExcerpt(diagnostic.excerpt, PLAIN)).toMatchInlineSnapshot(`
      "  3 | class Stream extends HttpContext {
        4 |   onLog(): void {
        5 |     const text: string = 1;
          |                          ^
        6 |   }"
    `);
  });

  it("says that there is no asconfig.json", async () => {
    const inFolder = await buildFilter({
      entry: "unused.ts",
      outFile: "unused.wasm",
      root: path.join(root, "filters"),
    });
    expect(inFolder).toMatchObject({ ok: false, diagnostics: [{ code: "BUILD" }] });
    const result = await buildFilter({ entry: path.join(tmpdir(), "nowhere/index.ts"), outFile: "unused.wasm" });
    expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "BUILD" }] });
  });
});
