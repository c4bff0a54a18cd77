import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SourceFile } from "../config/index.ts";
import { ControlPlaneError } from "./errors.ts";
import { watchFolder } from "./folder.ts";
import type { WatchedFolder } from "./folder.ts";

const options = { quietMs: 20, maxMs: 200, recheckMs: 120 };

let folder: string;
let watched: WatchedFolder | undefined;
let seen: Record<string, string>[];

const texts = (files: readonly SourceFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ path, text }) => [relative(folder, path), text]));

async function start(): Promise<void> {
  watched = await watchFolder(
    folder,
    (files) => seen.push(texts(files)),
    () => {},
    options,
  );
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-"));
  seen = [];
  await writeFile(join(folder, "a.yaml"), "a: 1");
  await writeFile(join(folder, "README.md"), "not read");
});

afterEach(async () => {
  await watched?.close();
  watched = undefined;
  await rm(folder, { recursive: true });
});

describe("a watched folder", () => {
  test("is read at the start, YAML only, subfolders included, hidden ones not", async () => {
    await mkdir(join(folder, "sub"));
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, "sub", "b.yml"), "b: 1");
    await writeFile(join(folder, ".git", "c.yaml"), "c: 1");
    await start();
    expect(texts(watched?.files ?? [])).toEqual({ "a.yaml": "a: 1", "sub/b.yml": "b: 1" });
  });

  test("tells a changed file", async () => {
    await start();
    await writeFile(join(folder, "a.yaml"), "a: 2");
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({ "a.yaml": "a: 2" }), 2000);
  });

  test("tells a file saved by renaming, without a moment in which it is gone", async () => {
    await start();
    await rename(join(folder, "a.yaml"), join(folder, "a.yaml~"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    await writeFile(join(folder, "a.yaml"), "a: 3");
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({ "a.yaml": "a: 3" }), 2000);
    expect(seen).not.toContainEqual({});
  });

  test("tells a deleted file", async () => {
    await start();
    await rm(join(folder, "a.yaml"));
    await vi.waitFor(() => expect(seen.at(-1)).toEqual({}), 2000);
  });

  test("tells files in a new subfolder, and merges a burst", async () => {
    await start();
    await mkdir(join(folder, "new", "deep"), { recursive: true });
    await Promise.all([1, 2, 3].map((n) => writeFile(join(folder, "new", "deep", `${n}.yaml`), `n: ${n}`)));
    await vi.waitFor(() => expect(Object.keys(seen.at(-1) ?? {})).toHaveLength(4), 2000);
  });

  test("says nothing when a file is saved unchanged", async () => {
    await start();
    await writeFile(join(folder, "a.yaml"), "a: 1");
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(seen).toEqual([]);
  });

  test("that does not exist is a clear error", async () => {
    const missing = watchFolder(join(folder, "none"), vi.fn<() => void>(), vi.fn<() => void>(), options);
    await expect(missing).rejects.toThrow(ControlPlaneError);
    await expect(missing).rejects.toMatchObject({ code: "FOLDER_UNREADABLE" });
  });
});
