import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { readModule, type WasmModule } from "../wasm/index.ts";
import { ALLOCATED_BYTES, ALLOCATIONS, FUEL, instrument, type Instrumented } from "./index.ts";

const SOURCE = `
  export function sum(n: i32): i32 { let s = 0; for (let i = 0; i < n; i++) s = s * 31 + (i ^ s); return s; }
  export function fib(n: i32): i32 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
  function leaf(n: i32): i32 { return n * 3 + 1; }
  export function straight(n: i32): i32 { return leaf(leaf(leaf(n))); }
  export function plainly(n: i32, m: i32): i32 { return n * 3 + m; }
  export function even(n: i32): i32 { return n == 0 ? 1 : odd(n - 1); }
  export function odd(n: i32): i32 { return n == 0 ? 0 : even(n - 1); }
  const table: ((n: i32) => i32)[] = [leaf, straight, sum];
  export function indirect(n: i32): i32 { return table[n % 3](n); }
  export function fill(n: i32): i32 { const p = heap.alloc(65536); for (let i = 0; i < n; i++) memory.fill(p, <u8>i, 65536); return load<u8>(p); }
  export function text(n: i32): i32 { let t = ""; for (let i = 0; i < n; i++) t += i.toString(); return t.length; }
  export function floats(n: i32): f64 { let x: f64 = 1.5; for (let i = 0; i < n; i++) x = Math.sqrt(x * 2.0) + f64(i32(x)); return x; }
  export function choose(n: i32): i32 { switch (n & 7) { case 0: return 5; case 1: return 6; case 3: { let k = n; while (k > 0) k -= 3; return k; } default: return -1; } }
  export function endless(): void { while (true) {} }
  export function climb(): void { climb(); climb(); }
`;
const FUNCTIONS = ["sum", "fib", "straight", "even", "indirect", "fill", "text", "floats", "choose"] as const;
const bytes = await assemble(SOURCE);
const module = good(bytes);

function good(binary: Uint8Array): WasmModule {
  const read = readModule(binary);
  if (!read.ok) throw new Error(read.error);
  return read;
}

function built(fuel: number, source = module): Instrumented {
  const result = instrument(source, { fuel, allocations: true, maxPages: 100 });
  if (!result.ok) throw new Error(result.reason);
  return result;
}

interface Running {
  readonly call: (name: string, ...args: number[]) => number;
  readonly global: (name: string) => WebAssembly.Global;
  readonly memory: WebAssembly.Memory;
}

function start(binary: Uint8Array<ArrayBuffer>): Running {
  const compiled = new WebAssembly.Module(binary);
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(compiled)) (imports[from] ??= {})[name] = () => 0;
  const { exports } = new WebAssembly.Instance(compiled, imports);
  (exports["_initialize"] as () => void)();
  return {
    call: (name, ...args) => (exports[name] as (...given: number[]) => number)(...args),
    global: (name) => exports[name] as WebAssembly.Global,
    memory: exports["memory"] as WebAssembly.Memory,
  };
}

/** Instructions that a call has paid for. */
function priceOf(running: Running, name: string, argument: number): number {
  running.global(FUEL).value = 1e9;
  running.call(name, argument);
  return 1e9 - Number(running.global(FUEL).value);
}

describe("an instrumented module", () => {
  const plain = start(bytes);
  const metered = start(built(1_000_000_000).bytes);

  test.each(FUNCTIONS)("%s returns what it returned", (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), (argument) => {
        expect(metered.call(name, argument)).toBe(plain.call(name, argument));
      }),
      { numRuns: 10 },
    );
  });

  test("its names, imports and indices are those of the original", () => {
    const after = good(built(1).bytes);
    expect(after.imports).toEqual(module.imports);
    expect(after.functions.map(({ index, name }) => [index, name])).toEqual(
      module.functions.map(({ index, name }) => [index, name]),
    );
    expect(after.exports.slice(0, module.exports.length)).toEqual(module.exports);
  });

  test("offsets lead back to the instructions that were there", () => {
    const { bytes: after, offsets } = built(1);
    for (const { index, bodyOffset, bodySize } of good(after).functions) {
      const original = module.functions.find((fn) => fn.index === index);
      const last = bodyOffset + bodySize - 1;
      expect(offsets.toOriginal(last)).toBe((original?.bodyOffset ?? 0) + (original?.bodySize ?? 0) - 1);
      expect(offsets.isAdded(last)).toBe(false);
    }
  });

  test.each([
    ["an endless loop", "endless", "unreachable"],
    ["endless recursion", "climb", /call stack/],
    ["a recursion of many calls", "fib", "unreachable"],
    ["calls through a table", "indirect", "unreachable"],
  ])("%s ends", (_, name, message) => {
    const running = start(built(100_000).bytes);
    expect(() => {
      for (let round = 0; round < 100_000; round++) running.call(name, 40);
    }).toThrow(message);
  });

  test("an endless start section ends", async () => {
    const endless = await assemble("while (true) {}", "section");
    expect(() => start(built(1_000_000, good(endless)).bytes)).toThrow("unreachable");
  });

  test("a loop pays for each round, a function without one nothing, bulk memory by its size", () => {
    const ten = priceOf(metered, "sum", 10);
    expect(priceOf(metered, "sum", 1010) - ten).toBe((priceOf(metered, "sum", 110) - ten) * 10);
    expect(ten).toBeGreaterThan(10 * 8);
    expect(priceOf(metered, "plainly", 5)).toBe(0);
    expect(priceOf(metered, "fill", 2) - priceOf(metered, "fill", 1)).toBeGreaterThan(65_536 / 64);
  });

  test("the limit is exact: the same call passes with what it costs, and not with one less", () => {
    const price = priceOf(metered, "sum", 1000);
    metered.global(FUEL).value = price;
    expect(() => metered.call("sum", 1000)).not.toThrow();
    metered.global(FUEL).value = price - 1;
    expect(() => metered.call("sum", 1000)).toThrow("unreachable");
  });

  test("allocations are counted with their bytes", () => {
    const running = start(built(1e9).bytes);
    const before = Number(running.global(ALLOCATIONS).value);
    const bytesBefore = Number(running.global(ALLOCATED_BYTES).value);
    running.call("straight", 3);
    expect(running.global(ALLOCATIONS).value).toBe(before);
    // Each round makes the number's text and the longer whole one: of 1 and 1, 1 and 2, 1 and 3 characters of 2 bytes.
    running.call("text", 3);
    const bytesOfTexts = Number(running.global(ALLOCATED_BYTES).value) - bytesBefore;
    expect(Number(running.global(ALLOCATIONS).value) - before).toBeGreaterThanOrEqual(3);
    expect(bytesOfTexts).toBeGreaterThanOrEqual((1 + 2 + 3) * 2);
  });

  test("memory grows no further than its limit", () => {
    const running = start(built(1e9).bytes);
    expect(running.memory.grow(50)).toBeGreaterThan(0);
    expect(() => running.memory.grow(100)).toThrow("Maximum memory size exceeded");
  });
});

describe("modules that are not instrumented", () => {
  test("an opcode that is not known is a reason", () => {
    const broken = bytes.slice();
    const sum = module.functions.find(({ name }) => name === "m/sum");
    // Behind the locals' groups comes the first instruction.
    broken[(sum?.bodyOffset ?? 0) + 3] = 0x06;
    const result = instrument(good(broken), { fuel: 1 });
    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^opcode 0x6 is not known, at 0x/) });
  });

  test("changed bytes: never a valid module made into an invalid one, never a throw", () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = bytes.slice();
        for (const [at, value] of changes) changed[at] = value;
        const read = readModule(changed);
        const result = read.ok ? instrument(read, { fuel: 1000, allocations: true }) : undefined;
        if (result?.ok === true && WebAssembly.validate(changed)) expect(WebAssembly.validate(result.bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
