import type { Measured } from "@sluice/host/measure";

/** One way of doing a row's work, measured. */
export interface Line extends Measured {
  /** The module's size, where there is a module. */
  readonly bytes?: number;
  readonly intoVm?: number;
  readonly toHost?: number;
}

/** What ours has to hold against another way: its added CPU is at most so much of the other's. */
const GOALS: readonly { readonly than: string; readonly ratio: number }[] = [
  { than: "@gcoredev/proxy-wasm-sdk-as", ratio: 0.7 },
  { than: "@solo-io/proxy-runtime", ratio: 0.5 },
  { than: "Lua", ratio: 1 },
  { than: "Wasm by hand on the bare ABI", ratio: 1.3 },
];

/** Prints a row; the first line is the base that the others add to. */
export function printRow(title: string, lines: readonly Line[], copies: number, load: number): void {
  console.log(
    `\n${title}\n  us of the worker's CPU a request with ${copies} of the filter (median, quartiles), and what one adds; load ${load.toFixed(1)}`,
  );
  for (const line of lines) {
    const { name, median, low, high, added, bytes, intoVm, toHost } = line;
    const cells = [
      name.padEnd(32),
      median.toFixed(1).padStart(7),
      `${low.toFixed(1)}..${high.toFixed(1)}`.padStart(15),
      line === lines[0] ? "" : `  +${added.toFixed(2).padStart(6)}`,
      intoVm === undefined ? "" : `  ${intoVm} into the VM, ${toHost ?? 0} to the host`,
      bytes === undefined ? "" : `  ${(bytes / 1024).toFixed(1)} KB`,
    ];
    console.log(`  ${cells.join("")}`);
  }
  const ours = lines.find(({ name }) => name === "ours");
  if (ours === undefined) return;
  for (const { than, ratio } of GOALS) {
    const other = lines.find(({ name }) => name === than);
    if (other === undefined) continue;
    const reached = ours.added / other.added;
    console.log(`  ${reached <= ratio ? "met   " : "MISSED"} ${reached.toFixed(2)} of ${than} (goal ${ratio})`);
  }
}
