import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { moduleSource } from "./source.ts";
import { followLines } from "./tail.ts";
import { watchSources } from "./watch.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dev-files-"));
});

afterAll(() => rm(folder, { recursive: true }));

it("a file is followed from its beginning, by whole lines, to its end", async () => {
  const file = path.join(folder, "log");
  const lines: string[] = [];
  const stop = followLines(file, (line) => lines.push(line));
  await writeFile(file, "one\nt");
  await vi.waitFor(() => expect(lines).toEqual(["one"]));
  await appendFile(file, "wo é\nrest");
  await stop();
  expect(lines).toEqual(["one", "two é"]);
});

it("sources are watched, what a build writes is not, and other files when they are added", async () => {
  const project = path.join(folder, "project");
  await mkdir(path.join(project, "assembly"), { recursive: true });
  await mkdir(path.join(project, "node_modules"));
  const config = path.join(folder, "plugin.yaml");
  await writeFile(config, "a");
  const seen: string[] = [];
  const watch = await watchSources(project, (names) => seen.push(...names));
  watch.add([config, config]);
  await writeFile(path.join(project, "assembly", "index.ts"), "");
  await writeFile(path.join(project, "assembly", "index.ts.bak"), "");
  await writeFile(path.join(project, "node_modules", "x.ts"), "");
  await vi.waitFor(() => expect(seen).toContain("index.ts"), { timeout: 5_000 });
  await vi.waitFor(
    async () => {
      await writeFile(config, "b");
      expect(seen).toContain("plugin.yaml");
    },
    { timeout: 5_000, interval: 200 },
  );
  await watch.close();
  expect(new Set(seen)).toEqual(new Set(["index.ts", "plugin.yaml"]));
});

it("a module that is no module is a problem", async () => {
  const file = path.join(folder, "filter.wasm");
  const source = moduleSource(file);
  expect(source).toMatchObject({ name: "filter", folder });
  expect(await source.build()).toMatchObject({ ok: false, problems: `${file} is gone` });
  await writeFile(file, "text");
  expect(await source.build()).toMatchObject({ ok: false, problems: expect.stringContaining("error") });
});
