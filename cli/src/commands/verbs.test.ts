import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../version.ts";

// The command as a person runs it, in a project of its own.

const repository = path.join(import.meta.dirname, "..", "..", "..");
const COMPILES = 120_000;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let parent: string;
let project: string;
let made: Ran;
let built: Ran;

function sluice(...args: string[]): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: "1" };
  const command = [path.join(repository, "cli", "bin", "sluice.mjs"), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: project, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** The document that `-o json` prints. */
async function json(...args: string[]): Promise<Ran & { readonly document: Record<string, unknown> }> {
  const ran = await sluice(...args, "-o", "json");
  return { ...ran, document: JSON.parse(ran.stdout) };
}

const source = (): string => path.join(project, "assembly", "index.ts");

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "sluice-verbs-"));
  await symlink(path.join(repository, "node_modules"), path.join(parent, "node_modules"));
  project = parent;
  made = await sluice("init", "hello");
  project = path.join(parent, "hello");
  built = await sluice("build");
}, COMPILES);
afterAll(() => rm(parent, { recursive: true }));

test("sluice init makes a project, and tells what comes next", () => {
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toMatch(/^✓ hello from the template add-header\n[^]*\nNext:\n {2}cd hello\n {2}npm install\n/);
});

describe("sluice build", () => {
  test("compiles it", () => {
    expect(built).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^✓ build\/hello\.wasm \d/) });
  });

  test("tells what it has made, and that it is there already", async () => {
    const { code, stdout } = await sluice("build");
    expect(code).toBe(0);
    // Sizes are those of the SDK of the day.
    expect(stdout.replaceAll(/\d+(\.\d)? K?B/g, "N B").replace(/[0-9a-f]{64}/, "DIGEST")).toMatchInlineSnapshot(`
      "✓ build/hello.wasm up to date
      size        N B
      sha256      DIGEST
      ABI         proxy-wasm 0.2.1
      made by     AssemblyScript 0.28.20, proxy-wasm-assemblyscript-sdk
      memory      64 KiB at first, grows without a limit of its own
      source map  hello.wasm.map
      May do
        headers and trailers  proxy_add_header_map_value
      Largest functions
           N B  ~lib/proxy-wasm-assemblyscript-sdk/runtime/heap/heap/__tryAlloc
           N B  ~lib/proxy-wasm-assemblyscript-sdk/runtime/exports/proxy_on_response_headers
           N B  ~lib/rt/tcms/__collect
           N B  ~lib/rt/__visit_members
           N B  ~start
      "
    `);
  });

  test("prints the same as data", async () => {
    const { code, document } = await json("build");
    expect(code).toBe(0);
    const module = {
      name: "hello",
      ok: true,
      upToDate: true,
      abi: "0.2.1",
      size: expect.any(Number),
      diagnostics: [],
    };
    expect(document).toMatchObject({ ok: true, modules: [module] });
  });

  test("shows a mistake where it is, leaves the module alone, and ends with 1", { timeout: COMPILES }, async () => {
    const [good, before] = [await readFile(source(), "utf8"), await readFile(path.join(project, "build/hello.wasm"))];
    await writeFile(source(), good.replace('utf8("world")', '"world"'));
    const { code, stdout } = await sluice("build");
    await writeFile(source(), good);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^assembly\/index\.ts:6:40: error TS2322: .*write utf8\("\.\.\."\) for a literal/);
    expect(stdout).toContain(`  6 |     responseHeaders.add(utf8("hello"), "world");\n    |  `);
    expect(await readFile(path.join(project, "build/hello.wasm"))).toEqual(before);
  });
});

test("Ctrl-C ends a build, and leaves neither a process nor half a module", { timeout: COMPILES }, async () => {
  const out = path.join(parent, "stopped");
  const command = [path.join(repository, "cli", "bin", "sluice.mjs"), "build", "--out", out];
  const child = spawn(process.execPath, command, { cwd: project, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  await new Promise((resolve) => setTimeout(resolve, 200));
  child.kill("SIGINT");
  expect(["SIGINT", 130]).toContain(await ended);
  expect(existsSync(out)).toBe(false);
});

describe("sluice inspect", () => {
  test("tells what the module is", async () => {
    const { code, stdout } = await sluice("inspect", "build/hello.wasm");
    expect(code).toBe(0);
    for (const part of [
      "proxy-wasm 0.2.1",
      "May do",
      "Envoy calls\n  proxy_on_response_headers",
      "Sections",
      "Functions",
    ]) {
      expect(stdout.toLowerCase()).toContain(part.toLowerCase());
    }
  });

  test("prints the same as data", async () => {
    const { document } = await json("inspect", "build/hello.wasm");
    expect(document).toMatchObject({
      abi: "0.2.1",
      capabilities: { "headers and trailers": ["env.proxy_add_header_map_value"] },
      memory: { initialPages: 1, maxPages: null },
      startSection: false,
      sourceMap: "hello.wasm.map",
    });
  });

  test("of something else ends with 1", async () => {
    const { code, stderr } = await sluice("inspect", "package.json");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/package\.json is no WebAssembly module: /)]);
  });
});

describe("sluice check", () => {
  test("finds nothing wrong", async () => {
    expect(await sluice("check", "build/hello.wasm")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^✓ build\/hello\.wasm: Envoy loads it \(\d+ checks, a trial run among them\)\n$/),
    });
  });

  test("ends with 1 for what Envoy does not load, and says why", async () => {
    await writeFile(path.join(project, "empty.wasm"), Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const { code, stdout } = await sluice("check", "empty.wasm");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ empty\.wasm: Envoy does not run it/);
    expect(stdout).toMatch(/error abi-version exports no proxy_abi_version_0_2_1/);
    expect((await json("check", "empty.wasm")).document).toMatchObject({ ok: false, tried: false, envoy: null });
  });
});

describe("sluice run", () => {
  test("prints each host call, and what comes out", async () => {
    const { code, stdout } = await sluice(
      "run",
      "build/hello.wasm",
      "--response-header",
      "x-up: 1",
      "http://shop/cart",
    );
    expect(code).toBe(0);
    expect(stdout).toContain('  proxy_add_header_map_value(HttpResponseHeaders, "hello", "world") -> Ok\n');
    expect(stdout).toContain("> :authority: shop\n> :path: /cart\n");
    expect(stdout).toContain("< :status: 200\n< x-up: 1\n< hello: world\n<\n< hi\n");
  });

  test("prints the same as data", async () => {
    const { document } = await json("run", "build/hello.wasm", "-d", "body");
    expect(document).toMatchObject({
      problem: null,
      answeredBy: "upstream",
      request: { headers: expect.arrayContaining([[":method", "POST"]]), body: "body" },
      response: { headers: expect.arrayContaining([["hello", "world"]]) },
    });
  });
});

test.each<[string, string[], number, RegExp]>([
  ["an unknown verb", ["biuld"], 2, /Did you mean build\?/],
  ["a module that is not there", ["check", "nothing.wasm"], 2, /cannot read nothing\.wasm: there is no such file/],
  ["a source in place of a module", ["inspect", "assembly/index.ts"], 2, /is a source: `sluice build` makes a module/],
  [
    "a configuration file that is not there",
    ["run", "build/hello.wasm", "--config", "@key.pem"],
    2,
    /cannot read key\.pem/,
  ],
  ["a project over another", ["init", "../hello"], 2, /is not empty .* nothing is overwritten/],
])("%s ends with 2", async (_name, args, code, message) => {
  const ran = await sluice(...args);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toMatch(/\n\s+at /);
});

test("the version, the help and the completions are printed, and end with 0", async () => {
  expect(await sluice("--version")).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  expect(await sluice("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: sluice VERB") });
  expect(await sluice("completion", "bash")).toMatchObject({ code: 0, stdout: expect.stringContaining("complete -F") });
});
