import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { checkBytes } from "../check/index.ts";
import { readModule } from "../wasm/index.ts";
import { createHost } from "../vm/host.ts";
import { sendLoad } from "./load.ts";
import { noOpModule } from "./no-op.ts";
import { workerCpuNanoseconds } from "./worker-cpu.ts";

/** Callbacks by their number of parameters, which are i32; each answers 7. */
const CALLBACKS: readonly (readonly [name: string, parameters: number])[] = [
  ["proxy_on_request_headers", 3],
  ["proxy_on_configure", 2],
  ["proxy_on_memory_allocate", 1],
  ["helper", 0],
];

function moduleWith(callbacks: typeof CALLBACKS): Uint8Array {
  const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
  const section = (id: number, items: readonly number[][]): number[] => {
    const content = [items.length, ...items.flat()];
    return [id, content.length, ...content];
  };
  const types = callbacks.map(([, count]) => [0x60, count, ...Array.from({ length: count }, () => 0x7f), 1, 0x7f]);
  // The marker of the ABI has no parameters and no result.
  const exported = [...callbacks.map(([name]) => name), "proxy_abi_version_0_2_1"];
  const bodies = [...callbacks.map(() => [4, 0, 0x41, 7, 0x0b]), [2, 0, 0x0b]];
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([
    ...magic,
    ...section(1, [...types, [0x60, 0, 0]]),
    ...section(
      3,
      exported.map((_, index) => [index]),
    ),
    ...section(
      7,
      exported.map((name, index) => [...text(name), 0, index]),
    ),
    ...section(10, bodies),
  ]);
}

describe("the no-op beside a module", () => {
  const original = readModule(moduleWith(CALLBACKS));
  if (!original.ok) throw new Error(original.error);
  const noOp = readModule(noOpModule(original));

  it("has its callbacks with their types, and its memory, and nothing else", () => {
    if (!noOp.ok) throw new Error(noOp.error);
    const kept = [
      "proxy_on_request_headers",
      "proxy_on_configure",
      "proxy_on_memory_allocate",
      "proxy_abi_version_0_2_1",
    ];
    expect(noOp.exports.map(({ name }) => name)).toEqual(["memory", ...kept]);
    expect(noOp.functions.map(({ type }) => type)).toEqual(
      original.functions.filter((_, index) => index !== 3).map(({ type }) => type),
    );
    expect(noOp.imports).toEqual([]);
  });

  it("is one that Envoy loads, and lets everything pass", async () => {
    if (!noOp.ok) throw new Error(noOp.error);
    const plugin = createHost().load(Uint8Array.from(noOp.bytes));
    expect((await plugin.fetch(new Request("http://shop/"))).status).toBe(200);
    expect(JSON.stringify(checkBytes(Uint8Array.from(noOp.bytes)))).not.toContain('"severity":"error"');
  });
});

describe("load", () => {
  it("counts answers, and those that are not as expected", async () => {
    let count = 0;
    const server = createServer((_request, response) => {
      count += 1;
      response.writeHead(count % 2 === 0 ? 503 : 200, { "content-length": 2 }).end("ok");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const answers: string[] = [];
    const request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    const options = { port, request, expect: "HTTP/1.1 200", onAnswer: (text: string) => answers.push(text) };
    expect(await sendLoad({ ...options, requests: 6, connections: 1 })).toEqual({ requests: 6, unexpected: 3 });
    expect(answers[1]).toMatch(/^HTTP\/1\.1 503 [^]*\r\n\r\nok$/);
    await new Promise((done) => server.close(done));
  });
});

describe.runIf(process.platform === "linux")("the worker's CPU time", () => {
  it("is that of Envoy's workers, which this process has none of", () => {
    expect(() => workerCpuNanoseconds(process.pid)).toThrow("has no thread named wrk:*");
    expect(readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, "utf8")).toMatch(/^\d+ /);
  });
});
