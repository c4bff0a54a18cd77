import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

let host: Harness;

beforeAll(async () => {
  host = load(await fixtureBytes("probe"));
  startPlugin(host, 1, "first");
}, 120_000);

const latin1 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const name = fc.stringMatching(/^[a-z-]{1,20}$/).filter((text) => text !== "x-do");

describe("header lists", () => {
  it("come back as they were, whatever bytes they hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, latin1), { maxLength: 60 }), (pairs) => {
        const headers: [string, string][] = [["x-do", "pairs"], ...pairs];
        request(host, 2, 1, headers);
        expect(host.headers.get(0)).toEqual(headers);
      }),
    );
  });

  it("that are broken do not trap", () => {
    const small = fc.integer({ min: 0, max: 12 });
    const words = fc.array(fc.oneof(small, fc.integer({ min: 0, max: 0xffff_ffff })), { maxLength: 20 });
    fc.assert(
      fc.property(words, fc.uint8Array({ maxLength: 30 }), (numbers, rest) => {
        host.rawPairs = Buffer.concat([Buffer.from(new Uint32Array(numbers).buffer), rest]);
        request(host, 2, 1, [["x-do", "pairs"]]);
        host.rawPairs = undefined;
        expect(request(host, 2, 1, [["x-do", "used"]])["x-result"]).toBe("1");
      }),
    );
  });
});

describe("the table of streams", () => {
  it("agrees with a map, whatever comes and goes", () => {
    // Few numbers, far apart and close together, so that they collide and are removed in the middle of a run.
    const id = fc.oneof(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 0xffff_ff00, max: 0xffff_ffff }));
    const step = fc.record({ id, action: fc.constantFrom("create", "use", "delete") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const uses = new Map<number, number>();
        for (const { id: stream, action } of steps) run(uses, stream, action);
        for (const stream of uses.keys()) host.exports["proxy_on_delete"]?.(stream);
      }),
    );
  });
});

/** Does one step in the module and in the model; after "use", both agree on how often the stream was used. */
function run(uses: Map<number, number>, stream: number, action: string): void {
  const known = uses.get(stream);
  if (action === "create" && known === undefined) {
    host.exports["proxy_on_context_create"]?.(stream, 1);
    uses.set(stream, 0);
  } else if (action === "delete") {
    host.exports["proxy_on_delete"]?.(stream);
    uses.delete(stream);
  } else if (action === "use") {
    host.headers.set(0, [["x-do", "used"]]);
    host.exports["proxy_on_request_headers"]?.(stream, 1, 1);
    if (known !== undefined) uses.set(stream, known + 1);
    const expected = known === undefined ? undefined : String(known + 1);
    expect(new Map(host.headers.get(0)).get("x-result")).toBe(expected);
  }
}
