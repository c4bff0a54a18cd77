import { describe, expect, test } from "vitest";
import { compileMapped } from "../fixtures/compile-filter.ts";
import { assemble } from "../fixtures/assemble.ts";
import { HostError } from "../error.ts";
import { createHost } from "./host.ts";

const SOURCE = `export function proxy_abi_version_0_2_1(): void {}
export function malloc(size: usize): usize { return heap.alloc(size); }
@external("env", "proxy_get_current_time_nanoseconds") declare function now(at: usize): i32;
class Node {
  next: Node | null = null;
}
function search(seen: i32): i32 {
  while (seen >= 0) {
    seen = (seen + 1) & 0xff;
  }
  return seen;
}
function broken(): void {
  unreachable();
}
const kept: Node[] = [];
export function proxy_on_request_headers(id: i32, mode: i32, end: i32): i32 {
  if (mode == 4) return search(id);
  if (mode == 5) broken();
  if (mode == 6) while (true) now(memory.data(8));
  if (mode == 7) return memory.grow(100) < 0 ? 0 : 1;
  if (mode == 9) { let sum = 0; for (let i = 0; i < 1000; i++) sum += i; return sum & 1; }
  if (mode == 8) for (let i = 0; i < 10; i++) kept.push(new Node());
  return 0;
}
`;
const wasm = await compileMapped(SOURCE);

/** The number of headers chooses what the filter does. */
function run(mode: number, limits = {}): { trap: string; backtrace: readonly string[] } {
  const headers = Array.from({ length: mode }, (_, index): [string, string] => [`x-${index}`, ""]);
  const step = createHost({ limits }).load(wasm).stream({ requestHeaders: headers }).requestHeaders();
  return { trap: step.trap?.message ?? "", backtrace: step.trap?.backtrace ?? [] };
}

describe("a module that never ends", () => {
  test("is stopped, and told where it was", () => {
    const { trap, backtrace } = run(4, { instructions: 100_000 });
    expect(trap).toMatch(
      /^looping callback: proxy_on_request_headers ran over its limit of 100,000 instructions in function filter\/search \(filter\.ts:[89]:/,
    );
    expect(trap).toContain(">  8 |   while (seen >= 0) {");
    expect(backtrace[1]).toMatch(/^filter\/proxy_on_request_headers \(filter\.ts:18:/);
  });

  test("is stopped without a limit of the test's own", () => {
    expect(run(4).trap).toContain("ran over its limit of 1,000,000,000 instructions");
  });

  test("is stopped in a loop of host calls, which count for more", () => {
    expect(run(6, { instructions: 1_000_000 }).trap).toContain("ran over its limit");
  });

  test.each([
    ["appends to a body", "hostSetBuffer(0, 0x7fffffff, 0, at(piece), 65536);"],
    ["adds headers", 'setHeader(0, "x-" + n.toString(), "");'],
    ["logs", 'say("again");'],
  ])("is stopped while it %s, before this process has no memory left", async (_, statement) => {
    const looping = await assemble(`
      const piece = new ArrayBuffer(65536);
      export function proxy_on_request_body(id: i32, size: i32, end: i32): i32 {
        let n = 0;
        while (true) { ${statement} n++; }
      }
    `);
    const stream = createHost({ limits: { instructions: 100_000_000 } })
      .load(looping)
      .stream();
    stream.requestHeaders({ endOfStream: false });
    expect(stream.requestBody("x").trap?.message).toContain("ran over its limit");
  });

  test("has fuel for each callback anew", () => {
    const plugin = createHost({ limits: { instructions: 30_000 } }).load(wasm);
    const nine = Array.from({ length: 9 }, (_, index): [string, string] => [`x-${index}`, ""]);
    // One callback costs thousands of instructions, a hundred of them more than the limit.
    for (let round = 0; round < 100; round++) {
      expect(plugin.stream({ requestHeaders: nine }).requestHeaders().trap?.message ?? "").toBe("");
    }
  });

  test.each([
    ["_initialize", ["--exportStart", "_initialize"]],
    ["the start section", []],
  ])("is refused when it does not come out of %s", async (name, flags) => {
    const endless = await compileMapped("export function proxy_abi_version_0_2_1(): void {}\nwhile (true) {}\n", flags);
    const load = (): unknown => createHost({ limits: { instructions: 10_000 } }).load(endless);
    expect(load).toThrow(HostError);
    expect(load).toThrow(
      new RegExp(`looping callback: ${name} ran over its limit of 10,000 instructions in .*filter.ts:2:`),
    );
  });

  test.each([
    [{ instructions: 0 }, "limits.instructions is 0; it may be 1 to 2147483647"],
    [{ instructions: 1.5 }, "limits.instructions is 1.5"],
    [{ memoryBytes: 1 }, "limits.memoryBytes is 1; it may be 65536 to 1073741824"],
  ])("%j is no limit", (limits, message) => {
    expect(() => createHost({ limits })).toThrow(message);
  });
});

describe("traps", () => {
  test("have the function, the line and what stands there", () => {
    const { trap, backtrace } = run(5);
    expect(trap.split("\n")).toEqual([
      "unreachable at filter.ts:14:3",
      "  12 | }",
      "  13 | function broken(): void {",
      "> 14 |   unreachable();",
      "     |   ^",
      "  15 | }",
      "  16 | const kept: Node[] = [];",
    ]);
    expect(backtrace[0]).toBe("filter/broken (filter.ts:14:3)");
    expect(backtrace[1]).toMatch(/^filter\/proxy_on_request_headers \(filter\.ts:19:/);
  });
});

describe("memory", () => {
  test("grows up to its limit", () => {
    const step = (memoryBytes: number) =>
      createHost({ limits: { memoryBytes } })
        .load(wasm)
        .stream({ requestHeaders: Array.from({ length: 7 }, (_, index): [string, string] => [`x-${index}`, ""]) })
        .requestHeaders();
    expect(step(1024 * 1024).returned).toBe(0);
    expect(step(64 * 1024 * 1024).returned).toBe(1);
  });

  test("is refused when a module begins with more than its limit", async () => {
    const large = await compileMapped(SOURCE, ["--exportStart", "_initialize", "--initialMemory", "20"]);
    const load = (): unknown => createHost({ limits: { memoryBytes: 1024 * 1024 } }).load(large);
    expect(load).toThrow("the module asks for 1.25 MiB of memory; its limit is 1 MiB");
  });

  test("host.measure counts allocations, growth and crossings", () => {
    const host = createHost();
    const plugin = host.load(wasm);
    const headers = (count: number) =>
      Array.from({ length: count }, (_, index): [string, string] => [`x-${index}`, ""]);
    const step = (mode: number) =>
      host.measure(() => plugin.stream({ requestHeaders: headers(mode) }).requestHeaders());
    expect(step(8).allocations?.count).toBeGreaterThanOrEqual(10);
    expect(step(1)).toMatchObject({
      allocations: { count: 0, bytes: 0 },
      memoryGrowth: 0,
      callbacks: { proxy_on_request_headers: 1 },
      hostCalls: {},
    });
    expect(step(7).memoryGrowth).toBe(100 * 65_536);
    expect(() =>
      host.measure(() => {
        throw new Error("of the test");
      }),
    ).toThrow("of the test");
  });
});
