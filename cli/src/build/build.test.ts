import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFilter, buildFilters, formatBuildDiagnostic } from "./index.ts";
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

/** In the target debug where nothing depends on it: it compiles in a third of the time. */
function build(name: string, target: BuildTarget, folder = root): Promise<BuildResult> {
  return buildFilter({
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
      ["error ABI: imports env.proxy_magic, a function that Envoy does not have"],
    ],
    [
      "no SDK",
      "export function proxy_on_log(id: u32): void {}\n",
      [
        "error ABI: does not export proxy_abi_version_0_2_1: the filter must import the SDK and be compiled with its transform",
        "error ABI: exports neither malloc nor proxy_on_memory_allocate",
      ],
    ],
  ])("names %s", { timeout: COMPILES }, async (_case, source, expected) => {
    expect(await problemsOf(source, source.includes("-sdk") ? "debug" : "release")).toEqual(expected);
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
