import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startControlPlane } from "./index.ts";
import type { ControlPlane, ControlPlaneOptions, ExpectedProxy } from "./index.ts";
import { DeltaClient } from "./server/delta-client.ts";

const services = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: front, namespace: shop }
spec:
  hosts: [front.shop.svc.cluster.local]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  location: MESH_INTERNAL
  resolution: STATIC
  workloadSelector: { labels: { app: front } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: front-v1, namespace: shop }
spec:
  address: 127.0.0.1
  labels: { app: front, version: v1 }
  ports: { http: 9080 }
`;
const route = (field: string, timeout: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: front, namespace: shop }
spec:
  hosts: [front.shop.svc.cluster.local]
  http:
    - ${field}: ${timeout}
      route: [{ destination: { host: front.shop.svc.cluster.local } }]
`;

let folder: string;
let lines: string[];
let running: ControlPlane[];
let clients: DeltaClient[];

const moduleOf = (policy: string): Buffer =>
  Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), Buffer.from(policy)]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-"));
  lines = [];
  running = [];
  clients = [];
  await mkdir(join(folder, "mesh"));
  await mkdir(join(folder, "modules"));
  await writeFile(join(folder, "mesh", "services.yaml"), services);
  for (const name of ["policies", "authorization"])
    await writeFile(join(folder, "modules", `${name}.wasm`), moduleOf(name));
});

afterEach(async () => {
  for (const client of clients) client.close();
  for (const each of running) await each.close();
  await rm(folder, { recursive: true });
});

async function start(more: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> {
  const controlPlane = await startControlPlane({
    folder: join(folder, "mesh"),
    stateFile: join(folder, "state.json"),
    modulesFolder: join(folder, "modules"),
    xdsPort: 0,
    httpPort: 0,
    log: (line) => lines.push(line),
    folderOptions: { quietMs: 20, maxMs: 200, recheckMs: 100 },
    ...more,
  });
  running.push(controlPlane);
  return controlPlane;
}

/** Subscribes to everything that an Envoy would, after the names that the first answers hold. */
async function connect({ xdsPort }: ControlPlane): Promise<DeltaClient> {
  const client = new DeltaClient(xdsPort).read().hello("front-v1.shop").request("listener");
  clients.push(client);
  await vi.waitFor(() => expect(client.has.listener.size).toBeGreaterThan(0));
  client.request("endpoint", { resourceNamesSubscribe: [...client.has.cluster.keys()] });
  client.request("route", { resourceNamesSubscribe: ["*"] });
  client.request("extension", { resourceNamesSubscribe: ["*"] });
  return client;
}

const get = async ({ httpPort }: ControlPlane, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${httpPort}${path}`);

const isSynced = (controlPlane: ControlPlane): void =>
  expect(controlPlane.status().proxies).toMatchObject([{ id: "front-v1.shop", state: "SYNCED" }]);

describe("a control plane", () => {
  test("leads an edit from the file to the last ACK, and says so", async () => {
    const controlPlane = await start();
    const client = await connect(controlPlane);
    await vi.waitFor(() => isSynced(controlPlane));
    const before = new Map(client.has.route);
    await writeFile(join(folder, "mesh", "route.yaml"), route("timeout", "3s"));
    await vi.waitFor(
      () => expect(lines.at(-1)).toMatch(/^applied: VirtualService shop\/front → 1 proxy, \d+ ms to last ACK$/),
      3000,
    );
    expect(client.has.route).not.toEqual(before);
    isSynced(controlPlane);
    const { objects } = controlPlane.status();
    expect(objects.find(({ kind }) => kind === "VirtualService")).toMatchObject({
      state: "applied",
      line: 2,
      proxies: { total: 1, acked: 1, rejected: 0 },
    });
  });

  test("keeps the last good version of a bad object, also over a restart with a bad file", async () => {
    await writeFile(join(folder, "mesh", "route.yaml"), route("timeout", "3s"));
    const first = await start();
    const client = await connect(first);
    await vi.waitFor(() => isSynced(first));
    const before = new Map(client.has.route);
    await writeFile(join(folder, "mesh", "route.yaml"), route("timeuot", "3s"));
    await vi.waitFor(() => expect(lines.join("\n")).toContain('did you mean "timeout"'), 3000);
    expect(lines.join("\n")).toMatch(/route\.yaml:\d+:\d+: error/);
    await first.close();
    const second = await start();
    const again = await connect(second);
    await vi.waitFor(() => expect(again.has.route).toEqual(before));
    expect(second.status().objects.find(({ kind }) => kind === "VirtualService")?.state).toBe("kept");
    await writeFile(join(folder, "mesh", "route.yaml"), route("timeout", "3s"));
    await vi.waitFor(() => expect(lines.join("\n")).toContain("fixed: "), 3000);
  });

  test("serves the same versions after a restart, so an Envoy gets nothing again", async () => {
    const first = await start();
    const before = await connect(first);
    await vi.waitFor(() => isSynced(first));
    await first.close();
    const second = await start();
    const after = await connect(second);
    await vi.waitFor(() => isSynced(second));
    expect(after.has).toEqual(before.has);
  });

  test("shows what Envoy rejects, with the user's object", async () => {
    const controlPlane = await start();
    const client = new DeltaClient(controlPlane.xdsPort);
    clients.push(client);
    client.read(({ resources }) => (resources.length > 0 ? `cannot use ${resources[0]?.name}: no` : undefined));
    client.hello("front-v1.shop");
    await vi.waitFor(() => expect(controlPlane.status().proxies[0]?.state).toBe("REJECTED"));
    expect(lines.join("\n")).toMatch(
      /rejected by front-v1\.shop: cluster .*\n {2}Envoy says: cannot use .*\n {2}made from WorkloadEntry shop\/front-v1 /,
    );
    expect(
      (await (await get(controlPlane, "/metrics")).text()).match(/pilot_total_xds_rejects\{type="cds"\} (\d+)/),
    ).not.toBeNull();
  });

  test("serves the HTTP API", async () => {
    const controlPlane = await start();
    expect((await get(controlPlane, "/healthz")).status).toBe(200);
    const proxies = (await (await get(controlPlane, "/proxies")).json()) as ExpectedProxy[]; // our own API
    expect(proxies).toMatchObject([{ id: "front-v1.shop", kind: "sidecar", address: "127.0.0.1", connected: false }]);
    const bootstrap = await (await get(controlPlane, `${proxies[0]?.bootstrap}?admin=127.0.0.1:9901`)).json();
    expect(JSON.stringify(bootstrap)).toContain(String(controlPlane.xdsPort));
    expect(bootstrap).toHaveProperty("admin");
    expect((await get(controlPlane, "/bootstrap/nobody")).status).toBe(404);
    expect((await get(controlPlane, "/bootstrap/front-v1.shop?admin=nonsense")).status).toBe(400);
  });

  test("serves modules by digest, old ones too after a reload", async () => {
    const controlPlane = await start();
    const path = (bytes: Buffer): string => `/modules/${createHash("sha256").update(bytes).digest("hex")}.wasm`;
    const old = await get(controlPlane, path(moduleOf("policies")));
    expect(old.headers.get("cache-control")).toContain("immutable");
    expect(Buffer.from(await old.arrayBuffer())).toEqual(moduleOf("policies"));
    const newer = moduleOf("policies, newer");
    expect((await get(controlPlane, path(newer))).status).toBe(404);
    await writeFile(join(folder, "modules", "policies.wasm"), newer);
    await controlPlane.reloadModules();
    expect((await get(controlPlane, path(newer))).status).toBe(200);
    expect((await get(controlPlane, path(moduleOf("policies")))).status).toBe(200);
  });
});

describe("a control plane that cannot start says why", () => {
  test("a port in use", async () => {
    const { httpPort, xdsPort } = await start();
    await expect(start({ httpPort })).rejects.toMatchObject({ code: "PORT_IN_USE", endpoint: { port: httpPort } });
    await expect(start({ xdsPort })).rejects.toMatchObject({ code: "PORT_IN_USE", endpoint: { port: xdsPort } });
  });

  test("a missing module", async () => {
    await rm(join(folder, "modules", "policies.wasm"));
    await expect(start()).rejects.toMatchObject({
      code: "MODULES_MISSING",
      message: expect.stringContaining("policies.wasm"),
    });
  });

  test("a missing folder", async () => {
    await expect(start({ folder: join(folder, "none") })).rejects.toMatchObject({ code: "FOLDER_UNREADABLE" });
  });

  test("a damaged state file is reported and ignored", async () => {
    await writeFile(join(folder, "state.json"), "{");
    await start();
    expect(lines[0]).toMatch(/state\.json: is damaged/);
  });
});
