import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

let host: Harness;

beforeAll(async () => {
  host = load(await fixtureBytes("config"));
  startPlugin(host, 1, "");
}, 120_000);

/** What the fixture makes of a text; `!error` when the reader refused it. */
function read(how: string, text: string | Uint8Array): string {
  const headers: [string, string][] = [
    ["x-read", how],
    ["x-text", Buffer.from(text).toString("latin1")],
  ];
  return Buffer.from(request(host, 2, 1, headers)["x-result"] ?? "", "latin1").toString();
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The fixture's form of a document. */
function dump(value: Json): string {
  if (value === null) return "N";
  if (typeof value === "boolean") return value ? "T" : "F";
  if (typeof value === "number") return `n${new BigUint64Array(new Float64Array([value]).buffer)[0] ?? 0n}`;
  if (typeof value === "string") return `s${value.length}:${value}`;
  if (Array.isArray(value)) return `[${value.map(dump).join("")}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${key.length}:${key}${dump(item)}`)
    .join("")}}`;
}

/** JSON.parse; undefined for what it refuses. */
function parse(text: string): { value: Json } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function agrees(source: string): void {
  const text = source.toWellFormed();
  const expected = parse(text);
  const dumped = read("dump", text);
  const skipped = read("skip", text);
  // JSON.parse takes the last of two equal names, and what is no double becomes Infinity: the reader refuses both.
  if (/^![^]*(there twice|too large|too deep)$/.test(dumped)) return;
  if (!expected) {
    expect(dumped, text).toMatch(/^!\d+:\d+: /);
    expect(skipped, text).toBe(dumped);
    return;
  }
  expect(dumped, text).toBe(dump(wellFormed(expected.value)));
  expect(skipped, text).toBe("");
  expect(read("raw", text), text).toBe(text.trim());
}

/** As strings are after a way through UTF-8; JSON.parse lists names that are numbers first, and so does the test's order. */
function wellFormed(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]));
}

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const digits = fc.stringMatching(/^(0|[1-9]\d{0,25})$/);
const fraction = fc.stringMatching(/^(\.\d{1,25})?$/);
const exponent = fc.stringMatching(/^([eE][+-]?\d{1,3})?$/);
const numberText = fc.tuple(fc.constantFrom("", "-"), digits, fraction, exponent).map((parts) => parts.join(""));
const doubleText = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value));
const unit = fc.constantFrom(
  "a",
  "é",
  "€",
  "😀",
  "\\n",
  '\\"',
  "\\\\",
  "\\/",
  "\\u0041",
  "\\ud83d\\ude00",
  "\\ud800",
  "\\u0000",
  "\\b",
);
const stringText = fc.array(unit, { maxLength: 12 }).map((units) => `"${units.join("")}"`);

/** JSON texts with white space and escapes in every place where they may be. */
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc
    .tuple(
      space,
      fc.oneof(
        { maxDepth: 5, depthSize: "small" },
        fc.constantFrom("true", "false", "null"),
        numberText,
        doubleText,
        stringText,
        fc.array(tie("document"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
        fc
          .uniqueArray(fc.tuple(stringText, space, tie("document")), { maxLength: 5, selector: ([name]) => name })
          .map((fields) => `{${fields.map(([name, gap, item]) => `${gap}${name}${gap}:${item}`).join(",")}}`),
      ),
      space,
    )
    .map((parts) => parts.join("")),
}));

describe("the JSON reader, beside JSON.parse", () => {
  it("reads the same document", () => {
    fc.assert(fc.property(document, agrees), { numRuns: 1500 });
  });

  it("refuses what JSON.parse refuses, and never traps", () => {
    const damage = fc.record({
      at: fc.nat(200),
      cut: fc.nat(2),
      put: fc.constantFrom("", ",", "]", "}", '"', "\\", "0", "-", ".", "e", "\u0001", ":", "[", "{", "t", "x"),
    });
    const damaged = fc.tuple(document, damage).map(([text, { at, cut, put }]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + put + text.slice(from + cut);
    });
    fc.assert(fc.property(damaged, agrees), { numRuns: 1500 });
  });

  it("reads any bytes without a trap", () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, (text) => {
        read("dump", text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    "0",
    "-0",
    "1e22",
    "1e23",
    "123456789012345678",
    "9007199254740993",
    "0.1",
    "5e-324",
    "2.4703282292062327e-324",
    "2.47032822920623272e-324",
    "2.4703282292062328e-324",
    "1.7976931348623157e308",
    "2.2250738585072011e-308",
    "2.2250738585072014e-308",
    "8.5e-5",
    "1e-400",
    "0e999",
    "0.000000000000000000000000000000000000000000000001e30",
    "179769313486231580793728971405301",
    `1${"0".repeat(300)}`,
    `0.${"0".repeat(300)}1`,
    `9007199254740993${"0".repeat(900)}1e-900`,
    `0.5${"0".repeat(850)}1`,
    "1.00000000000000011102230246251565",
    "1.00000000000000011102230246251566",
    "4503599627370497.5",
    "4503599627370496.5",
  ])("reads %s to the last bit", (text) => {
    expect(read("dump", text)).toBe(dump(JSON.parse(text)));
  });
});

describe("reading a configuration", () => {
  it("leaves memory as it is", () => {
    const fields = Array.from({ length: 40 }, (_, index) => `"f\\u0061${index}": [1, 2.5, {"a": "b\\n"}, null]`);
    const text = `{${fields.join(", ")}}`;
    for (let round = 0; round < 10; ++round) expect(read("skip", text)).toBe("");
    const before = host.memory.buffer.byteLength;
    for (let round = 0; round < 5000; ++round) read("skip", text);
    expect(host.memory.buffer.byteLength).toBe(before);
  });
});

describe("whole numbers", () => {
  it.each([
    ["9223372036854775807", "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["0", "0"],
    ["9223372036854775808", "!1:1: expected a whole number, found 9223372036854775808"],
    ["-9223372036854775809", "!1:1: expected a whole number, found -9223372036854775809"],
    ["1.0", "!1:1: expected a whole number, found 1.0"],
    ["1e3", "!1:1: expected a whole number, found 1e3"],
    ["01", "!1:2: expected the end"],
    ["-", "!1:1: a number is not written like that"],
    ['"1"', "!1:1: expected a whole number, found a string"],
    ["", "!1:1: expected a whole number, found the end"],
  ])("%s is %s", (text, expected) => {
    expect(read("i64", text)).toBe(expected);
  });
});

describe("a configuration that is refused", () => {
  const refused = (text: string): readonly string[] => {
    host.logs.length = 0;
    const accepted = startPlugin(host, 9, text);
    host.exports["proxy_on_delete"]?.(9);
    return accepted ? ["accepted", ...host.logs] : host.logs;
  };

  it.each([
    ["text that is not JSON", "limits: 1", "1:1: expected an object, found nothing that JSON has"],
    ["another kind", "[]", "1:1: expected an object, found an array"],
    [
      "the field, its line and column",
      '{\n  "limits": {"requests": 1001}\n}',
      "2:26: limits.requests: expected a whole number from 1 to 1000, found 1001",
    ],
    ["an unknown field", '{"limits": {"burst": 1}}', "1:21: limits.burst: unknown field"],
    ["an item", '{"hosts": ["a", 7]}', "1:17: hosts[1]: expected a string, found 7"],
    ["the filter's own rule", '{"hosts": [ "" ]}', "1:13: hosts[0]: a host must not be empty"],
    ["a value's range", '{"ratio": 1.5}', "1:11: ratio: must be at most 1"],
    ["a bool", '{"enabled": "yes"}', "1:13: enabled: expected true or false, found a string"],
    [
      "a field that is there twice",
      '{"enabled": true, "ratio": 0, "\\u0065nabled": true}',
      "1:31: enabled: the field is there twice",
    ],
    ["a missing comma", '{"enabled": true "ratio": 1}', "1:18: expected ',' or '}'"],
    ["a comma too many", '{"enabled": true,}', "1:18: expected a field's name in quotes"],
    ["a text that ends", '{"enabled": true', "1:17: expected ',' or '}'"],
    ["text behind", '{"enabled": true} {}', "1:19: expected the end"],
    ["a bad escape", '{"x-a": "\\x"}', "1:10: x-a: not an escape that JSON has"],
    [
      "a line break in a string",
      '{"x-a": "\n"}',
      "1:9: x-a: a string ends with a quote on its line, control characters escaped",
    ],
    ["too much depth, also where nobody looks", '{"x-a": [[[[]]]]}', "1:12: x-a[0][0][0]: nested too deep"],
    ["a number too large", '{"ratio": 1e999}', "1:11: ratio: a number is too large"],
    ["a check after reading", '{"hosts": ["a"]}', "limits.requests: needed beside hosts"],
  ])("names %s", (_, text, problem) => {
    expect(refused(text)).toEqual([`4 configuration refused: ${problem}`]);
  });

  it.each([
    [
      "everything",
      '{"limits": {"requests": 10}, "hosts": ["a", "b"], "ratio": 0.5, "enabled": true, "id": -5, "x-a": [{}, null]}',
    ],
    ["hosts, of which it reads three", '{"limits": {"requests": 10}, "hosts": ["a", "b", "c", 4, {}], "ratio": 0.5}'],
    ["nothing", "{}"],
  ])("but not one that has %s", (_, text) => {
    expect(refused(text)).toEqual(["accepted"]);
  });

  it("tells of a filter that reads in the wrong order", () => {
    expect(read("misuse", "[1]")).toBe("!1:1: nextItem() without array()");
  });
});

describe("the binary reader", () => {
  const encode = (flag: number, small: number, varint: readonly number[], name: string): Buffer => {
    const head = Buffer.of(flag, small & 0xff, small >> 8, ...varint);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(name));
    return Buffer.concat([head, size, Buffer.from(name), Buffer.alloc(8, 0xff)]);
  };

  it("reads what was written", () => {
    const bytes = encode(1, 0x1234, [0xac, 0x02], "näme");
    expect(read("binary", bytes)).toBe("true,4660,300,näme,18446744073709551615");
    expect(read("binary", encode(0, 0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], ""))).toBe(
      "false,0,18446744073709551615,,18446744073709551615",
    );
  });

  it.each([
    ["nothing", Buffer.alloc(0), ""],
    ["a bool of another value", encode(2, 0, [0], ""), "byte 0: a bool must be 0 or 1"],
    ["a cut varint", encode(1, 0, [], "").subarray(0, 3), "byte 3: 1 bytes expected, 0 left"],
    [
      "a long varint",
      encode(1, 0, [...Array.from({ length: 9 }, () => 0xff), 0x02], ""),
      "byte 3: a varint does not fit in 64 bits",
    ],
    [
      "a length that is too large",
      Buffer.from("0100000000ffffffff", "hex").subarray(0, 8),
      "byte 8: 4294967040 bytes expected, 0 left",
    ],
    ["bytes too many", Buffer.concat([encode(1, 0, [0], ""), Buffer.of(0)]), "byte 16: 1 bytes too many"],
  ])("refuses %s", (_, bytes, problem) => {
    expect(read("binary", bytes)).toContain(problem);
  });

  it("reads any bytes without a trap", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        read("binary", bytes);
      }),
    );
  });
});
