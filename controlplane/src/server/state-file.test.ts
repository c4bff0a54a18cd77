import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadState, saveState } from "./state-file.ts";

describe("state file", () => {
  test("what is saved is loaded", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "sluice-")), "deep", "state.json");
    expect(await loadState(path)).toEqual({ state: undefined });
    await saveState(path, { a: 1 });
    expect(await loadState(path)).toEqual({ state: { a: 1 } });
  });

  test.each([
    ["cut off", '{"format":"sluice-state/1","st'],
    ["empty", ""],
    ["something else", "[1,2]"],
    ["another version", '{"format":"sluice-state/999","state":{}}'],
  ])("a damaged one is reported and ignored: %s", async (_, text) => {
    const path = join(await mkdtemp(join(tmpdir(), "sluice-")), "state.json");
    await writeFile(path, text);
    const { state, problem } = await loadState(path);
    expect(state).toBeUndefined();
    expect(problem).toContain(path);
    expect(await readFile(path, "utf8")).toBe(text);
  });
});
