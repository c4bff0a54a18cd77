import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

/** Microseconds of the worker's CPU that a request costs more: the median of all rounds, and its quartiles. */
export interface CostOf {
  readonly added: number;
  readonly low: number;
  readonly high: number;
}

/** What `sluice bench` has measured; the document of `-o json`. */
export interface BenchReport {
  readonly module: string;
  /** Of the answer to the request that was sent. */
  readonly status: number;
  /** How many of the filter stood one after another. The costs are those of one. */
  readonly copies: number;
  readonly rounds: number;
  readonly requestsPerRound: number;
  /** Microseconds of a request without any filter. */
  readonly withoutFilter: number;
  /** No filter against no filter, by the same count: anything but 0 is noise. */
  readonly noise: CostOf;
  /** A module with the same callbacks that do nothing. */
  readonly noOp: CostOf;
  readonly filter: CostOf;
}

export function formatBench(report: BenchReport, style: Style): string {
  const { module, rounds, requestsPerRound, copies, status, withoutFilter, noise, noOp, filter } = report;
  const row = (name: string, { added, low, high }: CostOf): string[] => [
    name,
    `${added.toFixed(2).padStart(6)} us`,
    style.faint(`${low.toFixed(2)} .. ${high.toFixed(2)}`),
  ];
  const table = formatTable([
    ["CPU ADDED A REQUEST", "MEDIAN", "QUARTILES"].map((title) => style.faint(title)),
    row(style.strong(module), filter),
    row("a no-op with the same callbacks", noOp),
    row("no filter again (noise)", noise),
  ]);
  const own = filter.added - noOp.added;
  const spread = Math.max(filter.high - filter.low, noOp.high - noOp.low);
  const answered = status === 200 ? "" : ` The filter answered with ${status} by itself.`;
  const verdict =
    own > spread
      ? `Of that, ${own.toFixed(2)} us are the filter's own work.`
      : `The filter's own work (${own.toFixed(2)} us) is not more than the spread of the figures (${spread.toFixed(2)} us).`;
  return `${table}\n\n${verdict}${answered}
Envoy's worker thread, ${rounds} rounds of ${requestsPerRound} requests in turns, ${copies} in a row; a request without a filter takes ${withoutFilter.toFixed(1)} us.
Compare only figures of one run.`;
}
