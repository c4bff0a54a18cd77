import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileFilter } from "../fixtures/compile-filter.ts";
import { loadModule } from "../source-map/sources.ts";
import { createHost } from "../vm/host.ts";
import type { CoverageMap, FileCoverage } from "./istanbul.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");
const source = path.join(root, "examples", "filters", "jwt", "index.ts");
let folder: string;
let file: string;

beforeAll(async () => {
  await mkdir(path.join(root, ".build"), { recursive: true });
  folder = await mkdtemp(path.join(root, ".build", "coverage-"));
  file = path.join(folder, "jwt.wasm");
  await compileFilter("examples/filters/jwt/index.ts", file);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const lines = (await readFile(source, "utf8")).split("\n");

/** How often the line with that text has run. */
function runsOf(coverage: FileCoverage | undefined, text: string): number | undefined {
  const line = lines.findIndex((candidate) => candidate.includes(text)) + 1;
  const [id] = Object.entries(coverage?.statementMap ?? {}).find(([, { start }]) => start.line === line) ?? [];
  return id === undefined ? undefined : coverage?.s[id];
}

/** How often a function whose name ends so was called. */
function callsOf(coverage: FileCoverage | undefined, name: string): number | undefined {
  const [id] = Object.entries(coverage?.fnMap ?? {}).find(([, fn]) => fn.name.endsWith(name)) ?? [];
  return id === undefined ? undefined : coverage?.f[id];
}

const TEST = `
import { createHost, loadModule } from "@sluice/host";
import { expect, test } from "vitest";
import { twice } from "./twice.ts";
test("no token is refused", async () => {
  const plugin = createHost().load(await loadModule("jwt.wasm"), { configuration: "key" });
  for (let round = 0; round < twice(2); round++) {
    expect(plugin.stream().requestHeaders().localReply?.status).toBe(401);
  }
});
`;

describe("lines of AssemblyScript", () => {
  test("a host counts them", async () => {
    const host = createHost({ coverage: true });
    const plugin = host.load(await loadModule(file), { configuration: "key" });
    for (let round = 0; round < 3; round++) plugin.stream().requestHeaders();
    const covered = host.coverage()[source];
    expect(runsOf(covered, "const header = requestHeaders.get")).toBe(3);
    expect(runsOf(covered, "sendLocalResponse(401")).toBe(3);
    expect(runsOf(covered, "const dot = token.indexOf")).toBe(0);
    expect(runsOf(covered, "this.key = configuration")).toBe(1);
    expect(callsOf(covered, "onRequestHeaders")).toBe(3);
    expect(callsOf(covered, "expirySeconds")).toBe(0);
  });

  test("thousands of instances are added up, whichever ran last", async () => {
    const host = createHost({ coverage: true });
    const module = await loadModule(file);
    const plugins = Array.from({ length: 20 }, (_, id) =>
      host.load(module, { configuration: "key", vmId: String(id) }),
    );
    for (const plugin of [...plugins, ...plugins.toReversed()]) plugin.stream().requestHeaders();
    expect(runsOf(host.coverage()[source], "const header = requestHeaders.get")).toBe(40);
  });

  test("files of libraries do not count, and without a source map nothing does", async () => {
    const host = createHost({ coverage: true });
    host.load(await loadModule(file), { configuration: "key", vmId: "1" });
    expect(Object.keys(host.coverage()).map((name) => path.relative(root, name))).toEqual([
      path.join("examples", "filters", "jwt", "base64url.as.ts"),
      path.join("examples", "filters", "jwt", "index.ts"),
    ]);
    const bare = createHost({ coverage: true });
    bare.load(new Uint8Array(await readFile(file)), { configuration: "key" });
    expect(bare.coverage()).toEqual({});
  });

  test("Vitest reports them beside TypeScript, as JSON and as lcov", { timeout: 60_000 }, async () => {
    const coverage = `{ provider: "custom", customProviderModule: "@sluice/host/coverage", enabled: true, allowExternal: true, reporter: ["json", "lcovonly"] }`;
    await writeFile(path.join(folder, "vitest.config.ts"), `export default { test: { coverage: ${coverage} } };`);
    await writeFile(path.join(folder, "twice.ts"), "export const twice = (n: number): number => n * 2;\n");
    await writeFile(path.join(folder, "jwt.test.ts"), TEST);
    const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
    await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder], { cwd: folder });
    const report: CoverageMap = JSON.parse(
      await readFile(path.join(folder, "coverage", "coverage-final.json"), "utf8"),
    );
    expect(runsOf(report[source], "const header = requestHeaders.get")).toBe(4);
    expect(runsOf(report[source], "const dot = token.indexOf")).toBe(0);
    expect(Object.keys(report)).toContain(path.join(folder, "twice.ts"));
    const lcov = await readFile(path.join(folder, "coverage", "lcov.info"), "utf8");
    const section = lcov.split("end_of_record").find((part) => part.includes(path.join("jwt", "index.ts"))) ?? "";
    expect(section).toMatch(/^DA:\d+,4$/m);
    expect(section).toMatch(/^DA:\d+,0$/m);
  });
});
