import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";

const run = promisify(execFile);
const sdk = fileURLToPath(new URL("..", import.meta.url));
const workspace = path.join(sdk, "../node_modules");
const COMPILES = 120_000;

/** The ten lines of the SDK's README. */
const FILTER = `import { HeadersAction, HttpContext, PluginContext, registerPlugin, responseHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";

class AddHeader extends HttpContext {
  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    responseHeaders.add(utf8("hello"), utf8("world"));
    return HeadersAction.Continue;
  }
}
class Plugin extends PluginContext { createHttpContext(): HttpContext { return new AddHeader(); } }
registerPlugin(() => new Plugin());
`;

let project: string;

/** An empty folder with the packed SDK unpacked as npm would, and assemblyscript beside it. */
beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), "package-test-"));
  const modules = path.join(project, "node_modules");
  await mkdir(modules);
  await mkdir(path.join(project, "assembly"));
  await writeFile(path.join(project, "assembly/index.ts"), FILTER);
  const { stdout } = await run("npm", ["pack", "--json", "--offline", "--pack-destination", project], { cwd: sdk });
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout);
  await run("tar", ["-xzf", filename], { cwd: project });
  await rename(path.join(project, "package"), path.join(modules, "proxy-wasm-assemblyscript-sdk"));
  for (const name of ["assemblyscript", "binaryen", "long"]) {
    await symlink(path.join(workspace, name), path.join(modules, name));
  }
}, COMPILES);

afterAll(() => rm(project, { recursive: true }));

/** Runs asc in the project, as a user does. */
function asc(...args: readonly string[]): Promise<unknown> {
  return run(process.execPath, [path.join(workspace, "assemblyscript/bin/asc.js"), ...args], { cwd: project });
}

/** The module that asc has written adds its header. */
async function check(file: string): Promise<Uint8Array> {
  const bytes = await readFile(path.join(project, file));
  const host = load(bytes);
  startPlugin(host, 1, "");
  request(host, 2, 1, []);
  expect(host.headers.get(2)).toEqual([["hello", "world"]]);
  return bytes;
}

describe("the packed package, in an empty project", () => {
  it("builds with the transform alone", { timeout: COMPILES }, async () => {
    await asc(
      "assembly/index.ts",
      "--transform",
      "proxy-wasm-assemblyscript-sdk/transform",
      "-O3",
      "-o",
      "filter.wasm",
    );
    const host = load(await check("filter.wasm"));
    expect(host.imports).toEqual(["env.proxy_add_header_map_value"]);
    expect(host.exports).toHaveProperty("_initialize");
  });

  it("builds with its options, and makes what the workspace makes", { timeout: COMPILES }, async () => {
    await writeFile(
      path.join(project, "asconfig.json"),
      JSON.stringify({ extends: "proxy-wasm-assemblyscript-sdk/asconfig.json", entries: ["assembly/index.ts"] }),
    );
    await asc("--target", "release", "-o", "release.wasm");
    const bytes = await check("release.wasm");
    expect(bytes.length).toBeLessThanOrEqual(4096);
    expect(bytes.length).toBe((await fixtureBytes("add-header")).length);
    await asc("--target", "debug", "-o", "debug.wasm");
    await check("debug.wasm");
    await rm(path.join(project, "asconfig.json"));
  });

  it("tells a mistake with its place", { timeout: COMPILES }, async () => {
    await writeFile(path.join(project, "assembly/bad.ts"), FILTER.replace('utf8("world")', '"world"'));
    const failed = asc("assembly/bad.ts", "--transform", "proxy-wasm-assemblyscript-sdk/transform");
    await expect(failed).rejects.toThrow(/utf8\("\.\.\."\) for a literal[^]*in assembly\/bad\.ts\(5,40\)/);
  });

  it("has every folder of the sources, and no tests", async () => {
    const packed = await readdir(path.join(project, "node_modules/proxy-wasm-assemblyscript-sdk"));
    const sources = (await readdir(sdk)).filter((name) => !["tests", "tsconfig.json", "node_modules"].includes(name));
    expect(packed.toSorted()).toEqual(sources.toSorted());
  });
});
