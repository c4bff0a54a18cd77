import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runTests, vitestArguments } from "./run.ts";
import type { TestOptions } from "./run.ts";

const NOTHING: TestOptions = { args: [], envoy: false, coverage: false, debug: false, watch: false };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "test-verb-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe("sluice test", () => {
  it.each<[Partial<TestOptions>, string[]]>([
    [{}, ["run"]],
    [{ watch: true, args: ["limits", "-t", "denies"] }, ["watch", "limits", "-t", "denies"]],
    [
      { coverage: true, args: ["x"] },
      [
        "run",
        "--coverage.enabled",
        "--coverage.provider=custom",
        "--coverage.customProviderModule=@sluice/host/coverage",
        "x",
      ],
    ],
  ])("calls Vitest for %j", (options, expected) => {
    expect(vitestArguments({ ...NOTHING, ...options })).toEqual(expected);
  });

  it("says what is missing", async () => {
    await expect(runTests(NOTHING, folder)).rejects.toThrow("no filter here: neither");
    await mkdir(path.join(folder, "assembly"));
    await writeFile(path.join(folder, "assembly", "index.ts"), "");
    await writeFile(path.join(folder, "asconfig.json"), "{}");
    await expect(runTests(NOTHING, folder)).rejects.toThrow("has no Vitest: run `npm install`");
    const vitest = path.join(folder, "node_modules", "vitest");
    await mkdir(vitest, { recursive: true });
    await writeFile(path.join(vitest, "package.json"), '{"version":"5.0.0","bin":{"vitest":"vitest.mjs"}}');
    await expect(runTests({ ...NOTHING, envoy: true }, folder)).rejects.toThrow("nothing to compare with Envoy");
    await expect(runTests({ ...NOTHING, coverage: true }, folder)).rejects.toThrow(
      "--coverage needs a package more: npm install --save-dev @vitest/coverage-v8@5.0.0",
    );
  });
});
