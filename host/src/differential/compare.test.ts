import { describe, expect, test } from "vitest";
import { describeDifferences, differences } from "./compare.ts";
import { parseKnown } from "./known.ts";
import { moduleLine } from "./log-lines.ts";
import type { Observation } from "./observation.ts";

const base: Observation = {
  refused: false,
  logs: ["0 info one"],
  responses: [{ status: 200, headers: ["x-a: 1"], body: "hi", trailers: [] }],
  upstream: [],
  metrics: { requests: 1 },
};

describe("differences", () => {
  test("of what is the same there are none, and nothing is said", () => {
    expect(differences(base, structuredClone(base))).toEqual([]);
    expect(describeDifferences("same", [])).toBe("");
  });

  test.each<[string, Partial<Observation>, string]>([
    ["a status", { responses: [{ status: 403, headers: ["x-a: 1"], body: "hi", trailers: [] }] }, "response 1: status"],
    ["a header", { responses: [{ status: 200, headers: [], body: "hi", trailers: [] }] }, "response 1: headers"],
    ["a response that is missing", { responses: [] }, "response 1"],
    ["a log line", { logs: ["0 info two"] }, "log line 1"],
    ["a log line more", { logs: ["0 info one", "0 warn two"] }, "log line 2"],
    ["a metric", { metrics: { requests: 2 } }, "metric requests"],
    ["a metric that is missing", { metrics: {} }, "metric requests"],
    ["a configuration that one takes", { refused: true }, "configuration refused"],
  ])("%s", (_, change, what) => {
    expect(differences(base, { ...base, ...change }).map((one) => one.what)).toEqual([what]);
  });

  test("are told by name, one under the other", () => {
    const all = differences(base, { ...base, logs: [], metrics: { requests: 3 } });
    expect(describeDifferences("my filter", all)).toBe(
      [
        "my filter: the in-process host and Envoy differ in 2 things",
        "  log line 1",
        '    in process: "0 info one"',
        "    Envoy:      (nothing)",
        "  metric requests",
        "    in process: 1",
        "    Envoy:      3",
      ].join("\n"),
    );
  });
});

describe("known differences", () => {
  test("lines, comments and empty lines", () => {
    expect(parseKnown("# what\n\na title | log line 1 | because\n")).toEqual([
      { title: "a title", what: "log line 1", why: "because" },
    ]);
  });

  test.each(["a title | log line 1", "a title |  | why", "nothing"])("a line without a reason: %s", (line) => {
    expect(() => parseKnown(line)).toThrow('line 1: wanted "title | what | why"');
  });
});

test.each([
  ["info|wasm|wasm log name root vm: hello", { level: "info", from: "name root vm", text: "hello" }],
  ["warning|wasm|wasm log name: a: b", { level: "warn", from: "name", text: "a: b" }],
  ["error|wasm|wasm log name: ", { level: "error", from: "name", text: "" }],
  [
    String.raw`info|wasm|wasm log n: two\nlines \"\\ caf\303\251`,
    { level: "info", from: "n", text: 'two\nlines "\\ café' },
  ],
  ["trace|wasm|[vm->host] env.proxy_log(2, 1, 2)", undefined],
  ["info|main|wasm log n: x", undefined],
])("a line of Envoy's log: %s", (line, expected) => {
  expect(moduleLine(line)).toEqual(expected);
});
