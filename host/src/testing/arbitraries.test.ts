import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { HeaderMap } from "../core/header-map.ts";
import { createHost } from "../vm/host.ts";
import {
  arbitraryChunking,
  arbitraryHeaders,
  arbitraryRequestHeaders,
  expectChunkingInvariant,
} from "./arbitraries.ts";

describe("arbitraries", () => {
  test("a chunking is the body in pieces", () => {
    fc.assert(
      fc.property(
        fc.uint8Array().chain((body) => fc.tuple(fc.constant(body), arbitraryChunking(body))),
        ([body, chunks]) => {
          expect(Buffer.concat(chunks)).toEqual(Buffer.from(body));
          expect(chunks.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test("headers are fit for a header map, and no name stands for the message's form", () => {
    fc.assert(
      fc.property(arbitraryHeaders(), (headers) => {
        expect(new HeaderMap(headers).toArray()).toEqual(headers);
        expect(headers.map(([name]) => name)).not.toContain("content-length");
      }),
    );
  });

  test("any request goes through a filter that does nothing as it was", async () => {
    const wasm = await assemble(
      "export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { return 0; }",
    );
    const plugin = createHost().load(wasm);
    const bare = createHost().chain([]);
    fc.assert(
      fc.property(arbitraryRequestHeaders(), (requestHeaders) => {
        const stream = plugin.stream({ requestHeaders });
        stream.requestHeaders();
        const without = bare.stream({ requestHeaders });
        without.requestHeaders();
        expect(stream.upstream.headers?.toArray()).toEqual(without.upstream.headers?.toArray());
      }),
    );
  });
});

describe("expectChunkingInvariant", () => {
  const load = async (body: string) => createHost().load(await assemble(`export function proxy_on_${body}`));

  test.each(["request", "response"] as const)("holds for a %s filter that waits for the whole body", async (side) => {
    const type = side === "request" ? 0 : 1;
    const plugin = await load(`${side}_body(id: i32, size: i32, end: i32): i32 {
      if (!end) return 1;
      setBody(${type}, 0, 10000, body(${type}).replaceAll("cat", "dog"));
      return 0;
    }`);
    expectChunkingInvariant(plugin, "a cat and a cat", { side });
    expectChunkingInvariant(plugin, fc.stringMatching(/^[cat]{0,12}$/), { side, numRuns: 50 });
  });

  test("does not for one that looks at each piece alone, and shows the pieces", async () => {
    const plugin = await load(`request_body(id: i32, size: i32, end: i32): i32 {
      setBody(0, 0, 10000, body(0).replaceAll("cat", "dog"));
      return 0;
    }`);
    const failure = (): unknown => {
      try {
        return expectChunkingInvariant(plugin, "a cat");
      } catch (error) {
        return error;
      }
    };
    expect(failure()).toMatchObject({
      message: expect.stringContaining("Counterexample"),
      cause: { message: expect.stringMatching(/^in chunks of [\d +]+ bytes/) },
    });
  });
});
