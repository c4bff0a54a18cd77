import { spawnSync } from "node:child_process";
import { mkdtemp, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ownedFolder } from "./owned-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-test-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("what a process that was killed has left is removed, and nothing else", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const dead = `sluice-envoy-${pid}-abc`;
  const kept = [
    `sluice-envoy-${process.pid}-abc`,
    "sluice-envoy-somebody",
    `sluice-other-${pid}-abc`,
    "sluice-envoy-1-abc",
  ];
  await Promise.all(
    [dead, ...kept].map(async (name) => await mkdir(join(folder, name, "inside"), { recursive: true })),
  );
  const made = await ownedFolder("sluice-envoy-");
  expect(basename(made)).toMatch(new RegExp(`^sluice-envoy-${process.pid}-`));
  expect((await readdir(folder)).toSorted()).toEqual([...kept, basename(made)].toSorted());
});
