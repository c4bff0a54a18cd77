import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBuilder } from "../build/index.ts";
import { OURS, PINNED, VERSION } from "../version.ts";
import { projectIn } from "../project/find-project.ts";
import { createProject } from "./create-project.ts";
import { dependenciesOf, importedPackages } from "./packages.ts";
import { TEMPLATES } from "./templates.ts";

const repository = path.join(import.meta.dirname, "..", "..", "..");
const COMPILES = 120_000;
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "sluice-init-"));
  await symlink(path.join(repository, "node_modules"), path.join(parent, "node_modules"));
  for (const { name } of TEMPLATES) {
    await createProject({ folder: path.join(parent, name), template: name, packagesFrom: undefined });
  }
});
afterAll(() => rm(parent, { recursive: true }));

async function text(...parts: string[]): Promise<string> {
  return await readFile(path.join(parent, ...parts), "utf8");
}

test("a project has all that it needs", async () => {
  const files = await readdir(path.join(parent, "jwt"), { recursive: true });
  expect(files.toSorted()).toEqual([
    ".github",
    ".github/workflows",
    ".github/workflows/ci.yml",
    ".gitignore",
    "README.md",
    "asconfig.json",
    "assembly",
    "assembly/base64url.as.ts",
    "assembly/index.ts",
    "assembly/tsconfig.json",
    "package.json",
    "test",
    "test/filter.test.ts",
    "test/tokens.ts",
  ]);
});

test.each(TEMPLATES)("nothing of $name speaks of this repository", async ({ name }) => {
  const files = await readdir(path.join(parent, name), { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const content = await readFile(path.join(file.parentPath, file.name), "utf8");
    expect(content, file.name).not.toMatch(/exampleModule|build-example|examples\/filters|\.\.\/\.\.\//);
  }
});

test("it builds to the same bytes wherever it lies, and however its packages came", { timeout: COMPILES }, async () => {
  const other = await mkdtemp(path.join(tmpdir(), "sluice-init-"));
  const elsewhere = path.join(other, "another-name");
  await createProject({ folder: elsewhere, template: "add-header", packagesFrom: undefined });
  const installed = path.join(elsewhere, "node_modules");
  await mkdir(installed);
  const sdk = "proxy-wasm-assemblyscript-sdk";
  await cp(path.join(repository, "sdk"), path.join(installed, sdk), { recursive: true });
  for (const name of ["assemblyscript", "binaryen", "long"]) {
    await symlink(path.join(repository, "node_modules", name), path.join(installed, name));
  }
  const builder = createBuilder();
  const digests = [];
  for (const folder of [path.join(parent, "add-header"), elsewhere]) {
    const entry = path.join(folder, "assembly/index.ts");
    const result = await builder.build({ entry, outFile: path.join(folder, "build/module.wasm") });
    digests.push(result.ok ? result.sha256 : result.compilerOutput);
    if (folder === elsewhere) expect(result.inputs).toContain(path.join(installed, sdk, "index.ts"));
  }
  await builder.close();
  await rm(other, { recursive: true });
  expect(digests[1]).toBe(digests[0]);
});

test("every template builds, and its tests pass", { timeout: COMPILES }, async () => {
  const builder = createBuilder();
  for (const { name } of TEMPLATES) {
    const project = projectIn(path.join(parent, name));
    if (project === undefined) throw new Error(`${name} is no project`);
    const outFile = project.outFile.replace(".wasm", ".debug.wasm");
    const result = await builder.build({ entry: project.entry, outFile, target: "debug" });
    expect(result.diagnostics, name).toEqual([]);
  }
  await builder.close();
  const vitest = path.join(repository, "node_modules", "vitest", "vitest.mjs");
  const env = { ...process.env, SLUICE_TARGET: "debug", NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run"], { cwd: parent, env });
  expect(stdout).toMatch(new RegExp(`Test Files +${TEMPLATES.length} passed`));
});

describe("it refuses", () => {
  test.each([
    [
      "a folder with files",
      "jwt",
      /is not empty \(\.github, \.gitignore, README\.md, \.\.\.\), and nothing is overwritten/,
    ],
    ["a file", "jwt/README.md", /is a file: choose another name|cannot be a package's name/],
    ["a name with capitals", "MyFilter", /MyFilter cannot be a package's name: a name has lower-case letters/],
    ["a name that begins with a dot", ".filter", /cannot be a package's name/],
  ])("%s", async (_name, folder, message) => {
    const create = createProject({ folder: path.join(parent, folder), template: "jwt", packagesFrom: undefined });
    await expect(create).rejects.toThrow(message);
  });

  test("a template that is none", async () => {
    const create = createProject({ folder: path.join(parent, "new"), template: "none", packagesFrom: undefined });
    await expect(create).rejects.toThrow("there is no template none");
  });
});

test("an empty folder under version control is taken", async () => {
  await mkdir(path.join(parent, "cloned", ".git"), { recursive: true });
  const files = await createProject({
    folder: path.join(parent, "cloned"),
    template: "metrics",
    packagesFrom: undefined,
  });
  expect(files).toContain("assembly/index.ts");
});

describe("packages", () => {
  test("are pinned", async () => {
    const { devDependencies } = JSON.parse(await text("body", "package.json"));
    expect(devDependencies).toEqual({ ...PINNED, ...Object.fromEntries(OURS.map((name) => [name, VERSION])) });
    expect(JSON.parse(await text("jwt", "package.json")).devDependencies).not.toHaveProperty("fast-check");
  });

  test("come from tarballs where that is asked for", async () => {
    const folder = path.join(parent, "tarballs");
    await mkdir(folder);
    const names = ["sluice-0.1.0.tgz", "sluice-host-0.1.0.tgz", "proxy-wasm-assemblyscript-sdk-0.1.0.tgz"];
    for (const name of names) await writeFile(path.join(folder, name), "");
    expect(dependenciesOf(new Map(), folder)).toMatchObject({
      sluice: `file:${path.join(folder, "sluice-0.1.0.tgz")}`,
      "@sluice/host": `file:${path.join(folder, "sluice-host-0.1.0.tgz")}`,
    });
    await rm(path.join(folder, "sluice-host-0.1.0.tgz"));
    expect(() => dependenciesOf(new Map(), folder)).toThrow(/has no sluice-host-VERSION\.tgz: put there/);
    expect(() => dependenciesOf(new Map(), path.join(parent, "nowhere"))).toThrow(/is no folder/);
  });

  test("are found among a file's imports", () => {
    const file = `import { a } from "@sluice/host";\nimport "@sluice/host/testing";\nimport * as fc from "fast-check";
import { join } from "node:path";\nimport { b } from "./b.ts";\n`;
    expect(importedPackages(file)).toEqual(["@sluice/host", "@sluice/host", "fast-check"]);
  });

  test("have the versions of this repository", async () => {
    const read = async (folder: string): Promise<{ version: string; devDependencies?: Record<string, string> }> =>
      JSON.parse(await readFile(path.join(repository, folder, "package.json"), "utf8"));
    expect((await read("")).devDependencies).toMatchObject(PINNED);
    for (const folder of ["cli", "host", "sdk"]) expect((await read(folder)).version, folder).toBe(VERSION);
  });
});
