import { createHost } from "@sluice/host";
import "@sluice/host/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const plugin = createHost().load(await exampleModule("body-rewrite"));

/** What the client gets when the upstream sends these chunks. */
function rewritten(chunks: readonly string[]): string {
  const stream = plugin.stream();
  stream.requestHeaders();
  stream.responseHeaders([[":status", "200"]], { endOfStream: chunks.length === 0 });
  chunks.forEach((chunk, index) => stream.responseBody(chunk, { endOfStream: index === chunks.length - 1 }));
  stream.complete();
  return stream.downstream.text;
}

test.each([
  ["a card number", "card 1234567812345678.", "card ************5678."],
  ["a number at both ends", "1234567812345678", "************5678"],
  ["two in one text", "1234567812345678 1234567812345678", "************5678 ************5678"],
  ["a shorter number", "123456781234567", "123456781234567"],
  ["no number", "hello", "hello"],
])("%s", (_case, body, expected) => {
  expect(rewritten([body])).toBe(expected);
});

test("a body without content passes", () => {
  expect(rewritten([])).toBe("");
});

test("the client's wish for compression does not reach the upstream", async () => {
  const request = new Request("http://shop/", { headers: { "accept-encoding": "gzip" } });
  const upstream = (passed: Request): Response => new Response(passed.headers.get("accept-encoding") ?? "none");
  expect(await (await plugin.fetch(request, { upstream })).text()).toBe("none");
});

test("the result is the same for any chunks", () => {
  const text = "a 1234567812345678 b 99 c 1111222233334444 d";
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 6 });
  fc.assert(
    fc.property(cuts, (places) => {
      const ends = [...places.toSorted((a, b) => a - b), text.length];
      const chunks = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
      expect(rewritten(chunks)).toBe("a ************5678 b 99 c ************4444 d");
    }),
    { numRuns: 50 },
  );
});
