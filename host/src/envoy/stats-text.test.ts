import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePrometheus, parseStats } from "./stats-text.ts";

describe("parseStats", () => {
  test.each([
    ["a counter", "http.s.rq_2xx: 12", [["http.s.rq_2xx", 12]]],
    ["a negative gauge", "g: -3", [["g", -3]]],
    ["a name with a colon and a space in it", "cluster.a: b: 4", [["cluster.a: b", 4]]],
    ["a histogram is left out", "h: P0(nan,1) P25(nan,1.025)", []],
    ["a text readout is left out", 'control_plane.identifier: "sluice 1"', []],
    ["nothing", "", []],
  ])("%s", (_, text, expected) => {
    expect([...parseStats(text)]).toEqual(expected);
  });
});

describe("parsePrometheus", () => {
  test.each([
    ["labels", 'm{a="1",b="x y"} 3', [{ name: "m", labels: { a: "1", b: "x y" }, value: 3 }]],
    ["no labels", "m 1.5", [{ name: "m", labels: {}, value: 1.5 }]],
    ["empty braces, as Envoy writes them", "m{} 0", [{ name: "m", labels: {}, value: 0 }]],
    ["a trailing comma", 'm{a="1",} 2', [{ name: "m", labels: { a: "1" }, value: 2 }]],
    [
      "escapes and braces in a value",
      String.raw`m{a="q\"b\\n\n}"} 1`,
      [{ name: "m", labels: { a: 'q"b\\n\n}' }, value: 1 }],
    ],
    ["infinity", 'h_bucket{le="+Inf"} +Inf', [{ name: "h_bucket", labels: { le: "+Inf" }, value: Infinity }]],
    ["a timestamp", "m 1 1700000000000", [{ name: "m", labels: {}, value: 1 }]],
    ["comments and empty lines", "# TYPE m counter\n\nm 1\n", [{ name: "m", labels: {}, value: 1 }]],
    ["a line cut short", 'm{a="1', []],
    ["no value", 'm{a="1"}', []],
  ])("%s", (_, text, expected) => {
    expect(parsePrometheus(text)).toEqual(expected);
  });

  test("any labels come back from their exposition", () => {
    const escape = (text: string): string =>
      text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    const labels = fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(labels, fc.integer(), (given, value) => {
        fc.pre(Object.values(given).every((text) => !/[\r\u2028\u2029]/.test(text)));
        const list = Object.entries(given).map(([key, text]) => `${key}="${escape(text)}"`);
        expect(parsePrometheus(`m{${list.join(",")}} ${value}`)).toEqual([{ name: "m", labels: { ...given }, value }]);
      }),
    );
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parsePrometheus(text))));
  });
});
