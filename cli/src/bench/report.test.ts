import { describe, expect, it } from "vitest";
import { PLAIN } from "../output/style.ts";
import { formatBench } from "./report.ts";
import type { BenchReport } from "./report.ts";

const REPORT: BenchReport = {
  module: "filter.wasm",
  status: 200,
  copies: 5,
  rounds: 40,
  requestsPerRound: 400,
  withoutFilter: 18.06,
  noise: { added: 0.02, low: -0.16, high: 0.14 },
  noOp: { added: 1.52, low: 1.38, high: 1.75 },
  filter: { added: 4.5, low: 4.35, high: 4.79 },
};

describe("the report of sluice bench", () => {
  it("has the costs, their spread, and the filter's own part", () => {
    expect(formatBench(REPORT, PLAIN)).toBe(`CPU ADDED A REQUEST              MEDIAN     QUARTILES
filter.wasm                        4.50 us  4.35 .. 4.79
a no-op with the same callbacks    1.52 us  1.38 .. 1.75
no filter again (noise)            0.02 us  -0.16 .. 0.14

Of that, 2.98 us are the filter's own work.
Envoy's worker thread, 40 rounds of 400 requests in turns, 5 in a row; a request without a filter takes 18.1 us.
Compare only figures of one run.`);
  });

  it("makes no claim that the spread does not allow, and names an answer of the filter's own", () => {
    const text = formatBench({ ...REPORT, status: 403, filter: { added: 1.6, low: 1.3, high: 1.9 } }, PLAIN);
    expect(text).toContain(
      "(0.08 us) is not more than the spread of the figures (0.60 us). The filter answered with 403",
    );
  });
});
