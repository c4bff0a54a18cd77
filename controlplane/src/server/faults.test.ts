import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { admit } from "../model/admit.ts";
import { formatDiagnostic } from "../model/format-diagnostic.ts";
import { bootstrap, moduleNames, translate } from "../translate/index.ts";
import { composeControlPlane } from "./control-plane.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { LogEvent } from "./log-event.ts";

// A fault of the control plane's own, here in translation, as it must not happen.

const entry = (name: string): string => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: ${name}, namespace: shop }
spec: { address: 127.0.0.1 }
`;
let folder: string;
let events: LogEvent[];
let running: ControlPlane | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-faults-"));
  mkdirSync(join(folder, "mesh"));
  for (const name of moduleNames) writeFileSync(join(folder, `${name}.wasm`), Buffer.from("\0asm\u0001\0\0\0"));
  events = [];
  running = undefined;
});
afterEach(async () => {
  await running?.close();
  rmSync(folder, { recursive: true });
});

const write = (text: string): void => writeFileSync(join(folder, "mesh", "mesh-of-one.yaml"), text);

async function start(): Promise<ControlPlane> {
  running = await composeControlPlane(
    {
      folder: join(folder, "mesh"),
      stateFile: join(folder, "state.json"),
      modulesFolder: folder,
      xdsPort: 0,
      httpPort: 0,
      log: () => {},
      events: (event) => events.push(event),
      folderOptions: { quietMs: 10, maxMs: 100, recheckMs: 50 },
    },
    {
      admit,
      translate: (mesh, options) => {
        if (mesh.workloads.some(({ name }) => name === "faulty")) throw new Error("a fault of ours");
        return translate(mesh, options);
      },
      bootstrap,
      formatDiagnostic,
    },
  );
  return running;
}

test("at the start: nothing is served, since an Envoy that reconnects would lose what it has", async () => {
  write(entry("faulty"));
  await expect(start()).rejects.toMatchObject({ code: "MESH_UNUSABLE" });
  expect(events).toContainEqual(expect.objectContaining({ event: "failed", level: "error" }));
});

test("at a change: all stays as it was, and the next change is taken", async () => {
  write(entry("first"));
  const controlPlane = await start();
  const proxies = (): readonly string[] => controlPlane.status().proxies.map(({ id }) => id);
  expect(proxies()).toEqual(["first.shop"]);
  write(entry("faulty"));
  await vi.waitUntil(() => events.some(({ event }) => event === "failed"), 10_000);
  expect(proxies()).toEqual(["first.shop"]);
  write(entry("second"));
  await vi.waitUntil(() => proxies()[0] === "second.shop", 10_000);
  expect(events).toContainEqual(expect.objectContaining({ event: "applied", proxies: 0 }));
});

test("what is wrong in the files is told as data, and that it is gone", async () => {
  write(entry("first").replace("address:", "adress:"));
  await start();
  expect(events).toContainEqual(
    expect.objectContaining({
      event: "diagnostic",
      level: "error",
      file: expect.stringContaining("mesh-of-one.yaml"),
      name: "first",
    }),
  );
  write(entry("first"));
  await vi.waitUntil(() => events.some(({ event }) => event === "fixed"), 10_000);
});
