import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { PolicyId } from "../../controlplane/src/policy/format.ts";
import { bundlePrograms, compileFault, compileHeaders, compileTelemetry } from "../../controlplane/src/policy/index.ts";
import type { BundledPrograms } from "../../controlplane/src/policy/index.ts";
import { seal } from "../../controlplane/src/policy/program-writer.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const OTHER_POLICY = 3;
const OTHER_VERSION = 4;
const DAMAGED = 6;
const TABLE_OUTSIDE = 7;
const BAD_REFERENCE = 8;
const BAD_VALUE = 9;
const NOT_BASE64 = 100;

const fault = compileFault({ delay: { perMillion: 1, fixedDelayMs: 1 } });
const headers = compileHeaders({ response: { set: { abc: "1" }, add: {}, remove: [] } }, new Map()) ?? new Uint8Array();
const telemetry = compileTelemetry([], "SERVER") ?? new Uint8Array();

const CASES: readonly (readonly [name: string, programs: BundledPrograms])[] = [
  ["a route's fault and headers", { headers, fault }],
  ["only a fault", { fault }],
  ["only headers", { headers }],
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("policies");
}, 60_000);

function bundle(programs: BundledPrograms): Uint8Array {
  return bundlePrograms(programs) ?? new Uint8Array();
}

function checkText(text: string): number {
  const bytes = new TextEncoder().encode(text);
  return filter.call("checkText", filter.put(bytes), bytes.length);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

describe("bundle", () => {
  test.each(CASES)("%s", async (name, programs) => {
    const bytes = bundle(programs);
    const file = `programs/bundle-${name.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}.txt`;
    await expect(`${annotate(bytes, LAYOUTS.bundle)}\n`).toMatchFileSnapshot(file);
    const at = filter.put(bytes);
    expect(filter.call("check", at, bytes.length)).toBe(0);
    for (const policy of ["authorization", "fault", "headers", "telemetry"] as const) {
      const length = filter.call("programLength", at, PolicyId[policy]);
      const from = filter.call("programIn", at, PolicyId[policy]) - at;
      expect(programs[policy] ? bytes.slice(from, from + length) : length).toEqual(programs[policy] ?? 0);
    }
  });

  test("no programs, no bundle", () => {
    expect(bundlePrograms({})).toBeUndefined();
  });

  test.each<[string, (view: DataView) => void, number]>([
    ["another version", (view) => view.setUint16(6, 99, true), OTHER_VERSION],
    ["a program in place of a bundle", (view) => view.setUint16(4, PolicyId.fault, true), OTHER_POLICY],
    ["a changed byte", (view) => view.setUint8(20, 1), DAMAGED],
  ])("refuses %s", (_name, edit, reason) => {
    const bytes = bundle({ fault, headers });
    edit(new DataView(bytes.buffer));
    expect(checkText(base64(bytes))).toBe(reason);
  });

  test.each<[string, number, number, number]>([
    ["more records than there is room for", 20, 1_000, TABLE_OUTSIDE],
    ["a table outside", 16, 0xffff_fff0, TABLE_OUTSIDE],
    ["a policy that is none", 24, 0, BAD_VALUE],
    ["a bundle in a bundle", 24, PolicyId.bundle, BAD_VALUE],
    ["a policy twice", 36, PolicyId.fault, BAD_VALUE],
    ["a program outside", 28, 0xffff_ff00, BAD_REFERENCE],
    ["a program that is too long", 32, 0xffff_ffff, BAD_REFERENCE],
    ["another policy's program", 40, 48, OTHER_POLICY],
  ])("refuses %s", (_name, at, word, reason) => {
    const bytes = bundle({ fault, headers });
    new DataView(bytes.buffer).setUint32(at, word, true);
    expect(checkText(base64(seal(bytes, PolicyId.bundle)))).toBe(reason);
  });

  test.each([
    ["a sound one", base64(bundle({ fault, headers })), 0],
    ["one with a program that is not the route's", base64(bundle({ fault, telemetry })), 0],
    ["nothing", "", NOT_BASE64],
    ["not base64", "!!!!", NOT_BASE64],
    ["not padded", "AAA", NOT_BASE64],
    ["padding in the middle", "AA==AAAA", NOT_BASE64],
    ["only padding", "====", NOT_BASE64],
    ["base64 of no program", base64(new TextEncoder().encode("something that is no program")), 2],
  ])("in a route's metadata: %s", (_name, text, reason) => {
    expect([checkText(text), checkText(text)]).toEqual([reason, reason]);
  });

  test("many different ones, more than are kept; equal headers of different bundles are told apart", () => {
    for (let i = 1; i <= 3000; i++) {
      const programs = {
        fault: compileFault({ delay: { perMillion: i, fixedDelayMs: i } }),
        ...(i % 2 ? { headers } : {}),
      };
      const text = new TextEncoder().encode(base64(bundle(programs)));
      expect(filter.call("programsIn", filter.put(text), text.length)).toBe(i % 2 ? 3 : 1);
    }
  });

  test("what passes the checks is inside, whatever the bytes", () => {
    const sound = bundle({ fault, headers });
    const edit = fc.tuple(fc.nat(sound.length - 17), fc.nat(255));
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const bytes = Uint8Array.from(sound);
      for (const [at, byte] of edits) bytes[16 + at] = byte;
      const at = filter.putAtEnd(seal(bytes, PolicyId.bundle));
      if (filter.call("check", at, bytes.length) !== 0) return;
      for (const policy of [1, 2, 3, 4]) {
        const from = filter.call("programIn", at, policy);
        const length = filter.call("programLength", at, policy);
        expect(from === 0 || (from >= at && from + length <= at + bytes.length)).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
