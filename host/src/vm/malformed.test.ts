import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { HostError } from "../error.ts";
import { createHost } from "./host.ts";

const bytes = await assemble(`
  export function proxy_on_configure(id: i32, size: i32): i32 { say("configured " + body(7)); return 1; }
  export function proxy_on_request_headers(id: i32, n: i32, end: i32): i32 {
    let text = "";
    for (let i = 0; i < n; i++) text += header(0, ":path");
    setHeader(0, "x-text", text);
    return text.length > 100 ? 1 : 0;
  }
`);

/** Loads a module and sends it a request. A HostError is as good as an answer; nothing else may come of it. */
function tryOut(module: Uint8Array<ArrayBuffer>): string {
  const limits = { instructions: 2_000_000, memoryBytes: 16 * 1024 * 1024 };
  try {
    const plugin = createHost({ limits }).load(module, { configuration: "x" });
    if (plugin.problem !== undefined) return "problem";
    const stream = plugin.stream();
    stream.requestHeaders();
    stream.complete();
    return "served";
  } catch (error) {
    if (error instanceof HostError) return error.code;
    throw error;
  }
}

describe("whatever the bytes are, a host ends with an answer or a HostError", () => {
  test("the module as it is serves", () => {
    expect(tryOut(bytes)).toBe("served");
  });

  test("any beginning of it", () => {
    for (let length = 0; length < bytes.length; length += 101) expect(tryOut(bytes.slice(0, length))).toBe("module");
  });

  test("any few bytes of it changed", () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = bytes.slice();
        for (const [at, value] of changes) changed[at] = value;
        outcomes.add(tryOut(changed));
      }),
      { numRuns: 200 },
    );
    expect(
      [...outcomes].filter((outcome) => !["served", "problem", "module", "import", "use"].includes(outcome)),
    ).toEqual([]);
  });
});
