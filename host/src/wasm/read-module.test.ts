import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { readModule, type WasmModule } from "./index.ts";

const SOURCE = `
  export let shown: i32 = 7;
  class Point { constructor(public x: f64, public y: f64) {} length(): f64 { return Math.sqrt(this.x * this.x + this.y * this.y); } }
  function twice(n: i32): i32 { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    switch (n) { case 1: say("one"); break; case 2: return 1; default: setHeader(0, "x", twice(n).toString()); }
    return new Point(1, 2).length() > 2.0 ? 0 : 1;
  }
`;
const real = await assemble(SOURCE);

function good(bytes: Uint8Array): WasmModule {
  const module = readModule(bytes);
  if (!module.ok) throw new Error(module.error);
  return module;
}

/** What V8 says of imports and exports, in the reader's words. */
function engineView(bytes: Uint8Array<ArrayBuffer>): unknown {
  const module = new WebAssembly.Module(bytes);
  const names = (items: readonly object[]): unknown[] => items.map((item) => ({ ...item }));
  return {
    imports: names(WebAssembly.Module.imports(module)),
    exports: names(WebAssembly.Module.exports(module)),
    custom: WebAssembly.Module.customSections(module, "name").map((section) => section.byteLength),
  };
}

function ownView({ imports, exports, sections }: WasmModule): unknown {
  return {
    imports: imports.map(({ module, name, kind }) => ({ module, name, kind })),
    exports: exports.map(({ name, kind }) => ({ name, kind })),
    custom: sections.filter((section) => section.id === 0 && section.name === "name").map((section) => section.size),
  };
}

describe("readModule", () => {
  test("a real module: the same imports, exports and custom sections as the engine sees", () => {
    expect(ownView(good(real))).toEqual(engineView(real));
  });

  test("functions have their names, types and bodies", () => {
    const module = good(real);
    const twice = module.functions.find(({ name }) => name === "m/twice");
    expect(twice?.type).toEqual({ params: ["i32"], results: ["i32"] });
    expect(twice?.bodySize).toBeGreaterThan(10);
    // A body ends with the opcode `end`.
    expect(real[(twice?.bodyOffset ?? 0) + (twice?.bodySize ?? 0) - 1]).toBe(0x0b);
    const log = module.imports.find(({ name }) => name === "proxy_log");
    expect(log?.type).toEqual({ params: ["i32", "i32", "i32"], results: ["i32"] });
    expect(module.memories).toEqual([{ min: 1, max: undefined, shared: false }]);
    expect(module.globals.some(({ type, mutable }) => type === "i32" && mutable)).toBe(true);
    expect(module.sections.every(({ offset, size, end }) => offset + size === end)).toBe(true);
  });

  test.each([
    ["nothing", [], "unexpected end, at 0x0"],
    ["text", [0x68, 0x65, 0x6c, 0x6c, 0x6f], "it does not begin with \\0asm, at 0x0"],
    ["a component", [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], "it is a component, and a proxy takes core modules only"],
    ["another version", [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], "version 2, where only 1 is known, at 0x4"],
    ["a section beyond the end", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9], "9 bytes do not fit in the 0 that are left"],
    ["a section of no known id", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 0], "99 is no section's id, at 0x8"],
    ["a count beyond the end", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f], "entries do not"],
    ["a number that never ends", [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "5 bytes"],
  ])("%s", (_, bytes, error) => {
    const module = readModule(Uint8Array.from(bytes));
    expect(module.ok ? "" : module.error).toContain(error);
  });

  test("a broken custom section is a problem, and the module is good all the same", () => {
    const broken = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 7, 4, 0x6e, 0x61, 0x6d, 0x65, 1, 99]);
    expect(good(broken).problems).toEqual([
      "the custom section name: 99 bytes do not fit in the 0 that are left, at 0x11",
    ]);
  });

  test("every prefix of a module is read or refused", () => {
    for (let length = 0; length < real.length; length += 7)
      expect(readModule(real.subarray(0, length))).toHaveProperty("ok");
  });

  test("random bytes behind a good header are read or refused", () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readModule(Uint8Array.from([...header, ...bytes]))).toHaveProperty("ok");
      }),
      { numRuns: 500 },
    );
  });

  test("a module with changed bytes: what the engine takes is read as the engine reads it", () => {
    const change = fc.tuple(fc.nat(real.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = real.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const module = readModule(bytes);
        if (WebAssembly.validate(bytes) && module.ok) expect(ownView(module)).toEqual(engineView(bytes));
        else expect(module).toHaveProperty("ok");
      }),
      { numRuns: 500 },
    );
  });
});
