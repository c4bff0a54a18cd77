import { describe, expect, it } from "vitest";
import { PLAIN } from "../output/style.ts";
import { formatLogLine, parseLogLine } from "./envoy-log.ts";
import { changedMetrics, parseMetrics } from "./metrics.ts";

describe("a line of Envoy's log", () => {
  it.each([
    [
      '{"level":"info","logger":"wasm","message":"wasm log sluice.dev sluice.dev.1: hello: there"}',
      "info     hello: there",
    ],
    ['{"level":"warning","logger":"wasm","message":"wasm log sluice.dev: two\\nlines"}', "warning  two\nlines"],
    ['{"level":"error","logger":"wasm","message":"Wasm VM failed"}', "error    envoy wasm: Wasm VM failed"],
    ['{"level":"critical","logger":"main","message":"x"}', "critical envoy main: x"],
  ])("%s", (line, shown) => {
    const parsed = parseLogLine(line);
    expect(parsed && formatLogLine(parsed, PLAIN)).toBe(shown);
  });

  it.each(["", "Caught Segmentation fault", "[1]", '{"level":"loud","logger":"x","message":"y"}', '{"level":5}'])(
    "%j is none",
    (line) => {
      expect(parseLogLine(line)).toBeUndefined();
    },
  );
});

describe("metrics", () => {
  const before = parseMetrics("wasmcustom.requests: 3\nwasmcustom.idle: 0\ncluster.x.total: 9\n");

  it("are the filter's own", () => {
    expect([...before]).toEqual([
      ["requests", "3"],
      ["idle", "0"],
    ]);
  });

  it("are told when they change", () => {
    const now = parseMetrics(
      "wasmcustom.requests: 5\nwasmcustom.idle: 0\nwasmcustom.gauge: -1\n" +
        "wasmcustom.ms: P0(1,1) P50(2,4) P99(3,5) P100(3,6)\nwasmcustom.never: No recorded values\n",
    );
    expect(changedMetrics(before, now)).toEqual(["requests 5 (+2)", "gauge -1 (-1)", "ms P50 4, P99 5, P100 6"]);
    expect(changedMetrics(now, now)).toEqual([]);
    expect(changedMetrics(new Map(), before)).toEqual(["requests 3 (+3)"]);
  });
});
