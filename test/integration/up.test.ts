import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestChild } from "../kit/child.ts";
import { eventually } from "../kit/eventually.ts";
import { call } from "../kit/http.ts";

// `npm start` as a person runs it: one command up, a look around, Ctrl-C, and the same again.

const root = join(import.meta.dirname, "..", "..");
const start = join(root, "scripts", "start.mjs");
const sluice = join(root, "cli", "bin", "sluice.mjs");
const page = "http://127.0.0.1:8080/productpage";

let folder: string;
let running: TestChild[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-up-"));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((child) => child.end("SIGINT")));
  rmSync(folder, { recursive: true, force: true });
});

function up(...args: string[]): TestChild {
  const env = { ...process.env, NO_COLOR: "1", INIT_CWD: folder };
  const child = new TestChild(process.execPath, [start, ...args], { cwd: root, env });
  running.push(child);
  return child;
}

const ready = (child: TestChild): Promise<boolean> =>
  eventually("the mesh is up", () => child.output.includes("Ctrl-C") || undefined, 60_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${child.output}`);
  });

test("it comes up, tells where to look, stops whole on Ctrl-C, and comes up again", async () => {
  for (let round = 0; round < 2; round += 1) {
    const child = up();
    await ready(child);
    expect(child.output).toContain("http://127.0.0.1:8080");
    expect(child.output.match(/\bcurl /g)?.length).toBeGreaterThanOrEqual(3);
    expect(child.output).toContain(join("examples", "bookinfo"));
    expect((await call(page)).status).toBe(200);

    const table = execFileSync(process.execPath, [sluice, "status"], { encoding: "utf8", cwd: folder });
    expect(table.match(/SYNCED/g)).toHaveLength(7);

    expect(await child.end("SIGINT")).toBe(0);
    await expect(call(page)).rejects.toThrow(/ECONNREFUSED/);
    await expect(call("http://127.0.0.1:15014/healthz")).rejects.toThrow(/ECONNREFUSED/);
  }
});

test("a port in use is said by number, with what it is for and the process that holds it", async () => {
  const squatter: Server = createServer().listen(8080, "127.0.0.1");
  try {
    const child = up();
    expect(await child.exited).not.toBe(0);
    expect(child.output).toMatch(/8080/);
    expect(child.output).toMatch(/gateway/i);
    expect(child.output).toContain(String(process.pid));
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
});

test("a folder that is not there is an error that says so", async () => {
  const child = up("no/such/folder");
  expect(await child.exited).not.toBe(0);
  expect(child.output).toContain("no/such/folder");
});
