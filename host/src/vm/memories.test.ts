import { expect, test } from "vitest";
import { checkModule } from "../check/index.ts";
import { HostError } from "../error.ts";
import { createHost } from "./host.ts";

const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];
const fn = (text: string, index: number): number[] => [...name(text), 0, index];
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A function without arguments and results. */
const NOTHING = [0x60, 0, 0];
const OWN = section(5, [1, 0, 1]);
const IMPORTED = [...name("env"), ...name("memory"), 2, 0, 1, ...name("env"), ...name("table"), 1, 0x70, 0, 2];

/** A filter that says "hi" of its data, with its memory as given. */
function filter(
  imported: readonly number[],
  memory: readonly number[],
  exported: readonly number[],
): Uint8Array<ArrayBuffer> {
  const imports = [...name("env"), ...name("proxy_log"), 0, 0, ...imported];
  const exports = [
    ...fn("proxy_abi_version_0_2_1", 1),
    ...fn("proxy_on_request_headers", 2),
    ...fn("malloc", 3),
    ...exported,
  ];
  const bodies = [
    [0, 0x0b],
    [0, 0x41, 2, 0x41, 0, 0x41, 2, 0x10, 0, 0x0b],
    [0, 0x41, 32, 0x0b],
  ];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, [4, ...T(3), ...NOTHING, ...T(3), ...T(1)]),
    ...section(2, [imported.length > 0 ? 3 : 1, ...imports]),
    ...section(3, [3, 1, 2, 3]),
    ...memory,
    ...section(7, [exported.length > 0 ? 4 : 3, ...exports]),
    ...section(10, [3, ...bodies.flatMap((body) => [body.length, ...body])]),
    ...section(11, [1, 0, 0x41, 0, 0x0b, 2, 0x68, 0x69]),
  ]);
}

/** A function of so many i32, and one back. */
function T(params: number): number[] {
  return [0x60, params, ...Array.from({ length: params }, () => 0x7f), 1, 0x7f];
}

const CASES: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
  ["exported as `memory`", filter([], OWN, [...name("memory"), 2, 0])],
  ["exported under another name", filter([], OWN, [...name("mem"), 2, 0])],
  ["imported, with a table", filter(IMPORTED, [], [])],
  ["imported and exported", filter(IMPORTED, [], [...name("m"), 2, 0])],
];

test.each(CASES)("a memory that is %s links as in Envoy", (_, wasm) => {
  const host = createHost();
  expect(host.load(wasm).stream().requestHeaders()).toMatchObject({ action: "continue", returned: 0 });
  expect(host.logs.map(({ message }) => message)).toEqual(["hi"]);
});

test.each(CASES)("a module whose memory is %s gets its trial", async (_, wasm) => {
  const { findings, tried } = await checkModule(wasm);
  expect(tried).toBe(true);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("a module that no host can reach into is refused", () => {
  expect(() => createHost().load(filter([], OWN, []))).toThrow("no memory");
});

test.each<[string, readonly number[], RegExp]>([
  [
    "memory",
    [...name("env"), ...name("m"), 2, 0, 0x81, 0x80, 0x01, ...name("env"), ...name("t"), 1, 0x70, 0, 1],
    /1024\.0625 MiB/,
  ],
  [
    "table",
    [...IMPORTED.slice(0, -2), 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
    /imports more than there is|no WebAssembly module/,
  ],
])("an imported %s that is too large is an error", (_, imported, message) => {
  const load = (): unknown => createHost().load(filter(imported, [], []));
  expect(load).toThrow(HostError);
  expect(load).toThrow(message);
});

test("an imported memory has the host's limit", () => {
  const host = createHost({ limits: { memoryBytes: 65_536 } });
  host.load(filter(IMPORTED, [], []));
  expect(host.measure(() => {}).memoryGrowth).toBe(0);
});
