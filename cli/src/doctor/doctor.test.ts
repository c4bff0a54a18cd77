import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatDoctor } from "../output/doctor-report.ts";
import { PLAIN } from "../output/style.ts";
import { checkCompiler } from "./check-compiler.ts";
import { checkEngine } from "./check-engine.ts";
import type { Ran } from "./check-engine.ts";
import { checkEnvoy } from "./check-envoy.ts";
import { checkFolders } from "./check-folders.ts";
import { checkNode } from "./check-node.ts";
import { checkPorts } from "./check-ports.ts";
import { isWell } from "./diagnosis.ts";
import type { Diagnosis } from "./diagnosis.ts";

test.each([
  ["v24.1.0", false, "ok"],
  ["v22.9.0", false, "failed"],
  ["v22.9.0", true, "ok"],
  ["v20.20.2", true, "failed"],
])("Node %s, packed %s: %s", (version, packed, state) => {
  expect(checkNode(version, packed)).toMatchObject({ state });
});

describe("Docker", () => {
  const nothing: Ran = { stdout: "", stderr: "", failed: true, missing: false };
  test.each<[string, Partial<Ran>, Partial<Diagnosis>]>([
    ["answers", { stdout: "28.1.0\n", failed: false }, { state: "ok", found: "Docker 28.1.0" }],
    ["is missing", { missing: true }, { state: "warning", found: "no docker command" }],
    [
      "refuses",
      { stderr: "permission denied while trying to connect" },
      { state: "warning", found: "Docker does not let this user in" },
    ],
    [
      "has no daemon",
      { stderr: "Cannot connect to the Docker daemon" },
      { state: "warning", found: "no daemon answers: Cannot connect to the Docker daemon" },
    ],
  ])("%s", async (_name, ran, expected) => {
    const diagnosis = await checkEngine(() => Promise.resolve({ ...nothing, ...ran }));
    expect(diagnosis).toMatchObject(expected);
    expect(diagnosis.fix === undefined).toBe(diagnosis.state === "ok");
  });
});

test("a port that is held is named, with who holds it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const wanted = [{ address: "127.0.0.1", port, purpose: "a test" }];
  expect(await checkPorts(wanted)).toMatchObject({
    state: "warning",
    found: expect.stringContaining(`port ${port} on 127.0.0.1, wanted for a test`),
  });
  await new Promise((resolve) => server.close(resolve));
  expect(await checkPorts(wanted)).toMatchObject({ state: "ok" });
});

describe("a folder", () => {
  test("that would be made in one that is writable is well", async () => {
    const path = join(tmpdir(), "sluice-not-there", "cache");
    expect(await checkFolders([{ name: "Cache", path, room: 1 }])).toMatchObject([{ state: "ok" }]);
  });

  test("without room is a warning", async () => {
    const [diagnosis] = await checkFolders([{ name: "Cache", path: tmpdir(), room: 1e18 }]);
    expect(diagnosis).toMatchObject({ state: "warning", fix: expect.stringContaining("make room") });
  });

  test.skipIf(process.getuid?.() === 0)("that cannot be written is a failure", async () => {
    const path = mkdtempSync(join(tmpdir(), "sluice-doctor-"));
    chmodSync(path, 0o500);
    expect(await checkFolders([{ name: "Cache", path, room: 1 }])).toMatchObject([{ state: "failed" }]);
    rmSync(path, { recursive: true });
  });
});

describe("Envoy", () => {
  test("that SLUICE_ENVOY names and is none is a failure with its fix", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-doctor-"));
    const file = join(folder, "envoy");
    writeFileSync(file, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const [envoy, ...others] = await checkEnvoy({ SLUICE_ENVOY: file });
    rmSync(folder, { recursive: true });
    expect(others).toEqual([]);
    expect(envoy).toMatchObject({ state: "failed", found: expect.stringContaining("no Envoy that runs here") });
    expect(envoy?.fix).toContain("unset it");
  });

  test("without Wasm is told from one with", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-doctor-"));
    const file = join(folder, "envoy");
    const log = "[2026-01-01 00:00:00.000][1][critical][main] [source/x.cc:1] no such runtime: envoy.wasm.runtime.v8";
    const version = "envoy  version: abc/1.40.0/Clean/RELEASE/BoringSSL";
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && echo "${version}" && exit 0\necho "${log}" >&2\nexit 1\n`, {
      mode: 0o755,
    });
    const checks = await checkEnvoy({ SLUICE_ENVOY: file });
    rmSync(folder, { recursive: true });
    expect(checks).toMatchObject([
      { state: "ok" },
      { state: "failed", found: "a module does not load: no such runtime: envoy.wasm.runtime.v8" },
    ]);
  });
});

test("the compiler of this repository is found, and no project", () => {
  expect(checkCompiler(tmpdir(), import.meta.dirname)).toMatchObject([{ name: "Compiler", state: "ok" }]);
});

test("the report", () => {
  const checks: readonly Diagnosis[] = [
    { name: "Node", state: "ok", found: "Node 24.1.0" },
    { name: "Docker", state: "warning", found: "no docker command", fix: "install it" },
    { name: "Wasm runtime", state: "failed", found: "a module does not load", fix: "take\nanother Envoy" },
  ];
  expect(isWell(checks)).toBe(false);
  expect(formatDoctor(checks, PLAIN)).toMatchInlineSnapshot(`
    "✓ Node          Node 24.1.0
    ! Docker        no docker command
                    fix: install it
    ✗ Wasm runtime  a module does not load
                    fix: take
                    another Envoy

    1 of 3 checks failed."
  `);
});
