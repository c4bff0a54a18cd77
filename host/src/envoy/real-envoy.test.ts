import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { directResponse } from "../fixtures/envoy-config.ts";
import { engineForTest, envoyForTest } from "../fixtures/real-envoy.ts";
import { startEnvoyContainer } from "./container.ts";
import { startEnvoyProcess } from "./process.ts";
import type { RunningEnvoy, StartOptions } from "./running.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-test-"));
  // What Envoys leave behind is looked for at the end, beside nobody else's.
  vi.stubEnv("TMPDIR", folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

type Skip = (reason: string) => void;
type Start = (options: StartOptions, skip: Skip) => Promise<RunningEnvoy>;

const asProcess: Start = async (options, skip) =>
  await startEnvoyProcess({ ...options, binary: (await envoyForTest(skip)).path });
const inContainer: Start = async (options, skip) => {
  engineForTest(skip);
  return await startEnvoyContainer({ ...options, envoy: await envoyForTest(skip) });
};

// One contract for both ways to run an Envoy.
describe.each([
  ["a real Envoy process", asProcess, 20520],
  ["a real Envoy container", inContainer, 20540],
])("%s", (kind, start, port) => {
  const logFile = (): string => join(folder, `${kind.replaceAll(" ", "-")}.log`);

  test("serves, tells its statistics, and stops", { timeout: 60_000 }, async ({ skip }) => {
    const config = directResponse(port);
    const envoy = await start({ config, logFile: logFile(), ready: { listeners: ["test"] }, name: "tested" }, skip);
    try {
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hi");
      const stats = await envoy.admin.stats("^http.test.downstream_rq");
      expect(stats.get("http.test.downstream_rq_2xx")).toBe(1);
      const samples = await envoy.admin.prometheus("envoy_http_downstream_rq_total");
      expect(samples.find((sample) => sample.labels["envoy_http_conn_manager_prefix"] === "test")?.value).toBe(1);
      expect(await envoy.admin.listeners()).toEqual([{ name: "test", address: "127.0.0.1", port }]);
      expect(await envoy.admin.configDump()).toHaveProperty("configs");
      await envoy.admin.setLogLevel("debug", "wasm");
      await expect(envoy.admin.get("/nowhere")).rejects.toMatchObject({ code: "envoy_admin" });
      expect(envoy.describe()).toContain("tested: ");
      expect(envoy.pid).toBeGreaterThan(0);
    } finally {
      await envoy.stop();
    }
    expect(await envoy.exited).toEqual({ code: 0, signal: undefined });
    expect(envoy.logs()).toContain("exiting");
    await envoy.stop();
    await expect(envoy.admin.ready()).rejects.toMatchObject({ code: "envoy_admin" });
  });

  test("is killed as by a crash", { timeout: 60_000 }, async ({ skip }) => {
    const envoy = await start({ config: directResponse(port + 1), logFile: logFile() }, skip);
    await envoy.kill();
    expect(await envoy.exited).toEqual({ code: undefined, signal: "SIGKILL" });
  });

  test(
    "a configuration that it refuses: the error ends with Envoy's own words",
    { timeout: 60_000 },
    async ({ skip }) => {
      const config = { static_resources: { listners: [] } };
      const started = start({ config, logFile: logFile(), name: "refused" }, skip);
      await expect(started).rejects.toMatchObject({
        code: "envoy_start",
        message: expect.stringMatching(/^refused ended with code 1\. The end of its log[^]*'listners'/),
      });
    },
  );

  test("a listener that never comes: the error says which", { timeout: 60_000 }, async ({ skip }) => {
    const ready = { listeners: ["test", "other"], timeoutMs: 300 };
    const started = start({ config: directResponse(port + 2), logFile: logFile(), ready }, skip);
    await expect(started).rejects.toThrow("was not ready within 300 ms: these listeners are not active: other");
  });
});

test("nothing of an Envoy is left in the temporary folder", async () => {
  expect((await readdir(folder)).filter((name) => name.startsWith("sluice-envoy-"))).toEqual([]);
});
