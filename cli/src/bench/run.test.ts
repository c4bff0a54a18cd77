import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findEnvoy } from "@sluice/host";
import { noOpModule } from "@sluice/host/measure";
import { readModule } from "@sluice/host/wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bench } from "./run.ts";
import type { BenchOptions } from "./run.ts";

const found = await findEnvoy({ log: () => undefined });
/** In CI every test must run; elsewhere Envoy may be an image only, and the machine no Linux. */
const leftOut = (found.kind !== "binary" || process.platform !== "linux") && process.env["CI"] !== "true";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bench-verb-"));
});

afterAll(() => rm(folder, { recursive: true }));

/** A module that has these callbacks, of two parameters, which do nothing. */
async function write(name: string, callbacks: readonly string[]): Promise<string> {
  const exports = [...callbacks, "proxy_on_memory_allocate"].map((exported, index) => {
    return { name: exported, kind: "function" as const, index };
  });
  const marker = { name: "proxy_abi_version_0_2_1", kind: "function" as const, index: exports.length };
  const empty = readModule(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  if (!empty.ok) throw new Error(empty.error);
  const functions = [...exports, marker].map(({ index, name: exported }) => ({
    index,
    name: undefined,
    typeIndex: 0,
    type:
      index === exports.length
        ? { params: [], results: [] }
        : {
            params: Array.from({ length: exported.endsWith("headers") ? 3 : 1 }, () => "i32" as const),
            results: ["i32" as const],
          },
    bodyOffset: 0,
    bodySize: 0,
  }));
  const file = path.join(folder, `${name}.wasm`);
  await writeFile(file, noOpModule({ ...empty, functions, exports: [...exports, marker] }));
  return file;
}

function options(file: string): BenchOptions {
  const envoy = found.kind === "binary" ? found.path : "";
  return { file, configuration: new Uint8Array(), rootId: "", path: "/", headers: [], rounds: 2, requests: 80, envoy };
}

describe.skipIf(leftOut)("sluice bench", () => {
  it("measures a module in a real Envoy, beside a no-op and nothing", async () => {
    const report = await bench(options(await write("headers", ["proxy_on_request_headers"])));
    expect(report).toMatchObject({ module: "headers.wasm", status: 200, copies: 5, rounds: 2, requestsPerRound: 80 });
    expect(report.withoutFilter).toBeGreaterThan(0);
    for (const cost of [report.filter, report.noOp, report.noise]) {
      expect(cost.low).toBeLessThanOrEqual(cost.added);
      expect(cost.added).toBeLessThanOrEqual(cost.high);
    }
  });
});

describe("what sluice bench does not measure", () => {
  it.each([
    ["a filter for TCP", () => write("tcp", ["proxy_on_new_connection"]), "is a filter for TCP"],
    [
      "a text",
      async () => {
        const file = path.join(folder, "text.wasm");
        await writeFile(file, "text");
        return file;
      },
      "is no WebAssembly module",
    ],
    ["nothing", () => Promise.resolve(path.join(folder, "nowhere.wasm")), "does not exist or can't be read"],
  ])("%s", async (_what, make, message) => {
    await expect(bench(options(await make()))).rejects.toThrow(message);
  });
});
