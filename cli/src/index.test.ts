import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createHost } from "@sluice/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildModule } from "./index.ts";
import { createProject } from "./init/create-project.ts";

const repository = path.join(import.meta.dirname, "..", "..");
const COMPILES = 120_000;
let project: string;

beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), "sluice-index-"));
  await createProject({ folder: path.join(project, "one"), template: "add-header", packagesFrom: undefined });
  await symlink(path.join(repository, "node_modules"), path.join(project, "node_modules"));
});
afterAll(() => rm(project, { recursive: true }));

test("the module of a project is built where it is needed, with its source map", { timeout: COMPILES }, async () => {
  const file = path.join(project, "one/assembly/index.ts");
  const good = await readFile(file, "utf8");
  await writeFile(
    file,
    good.replace("responseHeaders.add(", "if (_count > 0) unreachable();\n    responseHeaders.add("),
  );
  const module = await buildModule(path.join(project, "one/test"), { target: "debug" });
  const stream = createHost().load(module).stream();
  stream.requestHeaders();
  const { trap } = stream.responseHeaders([[":status", "200"]]);
  expect(trap?.backtrace.join("\n")).toContain("assembly/index.ts:6:");

  await writeFile(file, `${good}broken(`);
  await expect(buildModule(path.join(project, "one"), { target: "debug" })).rejects.toThrow(
    /the filter does not compile\nassembly\/index\.ts:\d+:\d+: error TS/,
  );
});

test("a folder in no project is told", async () => {
  await expect(buildModule(project)).rejects.toThrow(
    /is in no project: it needs asconfig\.json and assembly\/index\.ts/,
  );
});
