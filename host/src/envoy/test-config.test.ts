import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { puppet } from "../fixtures/puppet.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { startEchoServer } from "./echo-server.ts";
import { startEnvoyProcess } from "./process.ts";
import { controlPlaneConfig, modulesConfig } from "./test-config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-test-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

test("modules before an echo server, which is a call-out's cluster as well", { timeout: 60_000 }, async ({ skip }) => {
  const binary = (await envoyForTest(skip)).path;
  const echo = await startEchoServer();
  const configuration = [
    "request_headers: set 0 x-module 1; call auth 1000 _ :method GET :path /auth :authority a; return 1",
    "call: get 6 :status; effective stream; resume 0",
  ].join("\n");
  const config = modulesConfig({
    port: 0,
    modules: [{ wasm: await puppet(), configuration }],
    clusters: { upstream: echo.port, auth: echo.port },
  });
  const envoy = await startEnvoyProcess({
    binary,
    config,
    logFile: join(folder, "envoy.log"),
    ready: { listeners: ["modules"] },
  });
  try {
    const port = (await envoy.admin.listeners())[0]?.port ?? 0;
    const answer: unknown = await (await fetch(`http://127.0.0.1:${port}/x`, { method: "POST", body: "hi" })).json();
    expect(answer).toMatchObject({ method: "POST", path: "/x", body: "hi", headers: { "x-module": "1" } });
    expect(envoy.logs()).toContain("get 6 :status = '200'");
  } finally {
    await envoy.stop();
    echo.close();
  }
});

test("a control plane that is joined hears who it is", { timeout: 60_000 }, async ({ skip }) => {
  const binary = (await envoyForTest(skip)).path;
  const plane = createServer();
  const asked = new Promise<{ path: string; bytes: string }>((resolve) => {
    plane.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      stream.once("data", (chunk: Buffer) =>
        resolve({ path: String(headers[":path"]), bytes: chunk.toString("latin1") }),
      );
    });
  });
  plane.listen(0, "127.0.0.1");
  await new Promise((resolve) => plane.once("listening", resolve));
  const address = plane.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const config = controlPlaneConfig({ address: "127.0.0.1", port, node: { id: "me", cluster: "mine" } });
  const envoy = await startEnvoyProcess({ binary, config, logFile: join(folder, "plane.log"), ready: false });
  try {
    const { path, bytes } = await asked;
    expect(path).toBe("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
    expect(bytes).toContain("mine");
  } finally {
    await envoy.kill();
    plane.close();
  }
});
