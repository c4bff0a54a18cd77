import type { Host } from "../vm/host.ts";

export interface BenchOptions {
  /** Runs that are timed, after a tenth as many that warm up. Default 1,000. */
  readonly times?: number;
}

/** What one run costs on average. */
export interface BenchResult {
  readonly times: number;
  /** Of the host and its modules in this process. Compare with another figure of the same machine, never with a proxy's. */
  readonly nanoseconds: number;
  /** Calls from the modules to the host, by name. */
  readonly hostCalls: Readonly<Record<string, number>>;
  /** Calls from the host to the modules, by name. */
  readonly callbacks: Readonly<Record<string, number>>;
  /** Undefined for modules without names. */
  readonly allocations: { readonly count: number; readonly bytes: number } | undefined;
}

/** Runs that are counted; counting costs time, so they are not the ones that are timed. */
const COUNTED = 10;

/**
 * Runs a case again and again, and says what it costs: time, and what goes between the host and its modules, which decides
 * what it costs in a proxy.
 * @example console.log(formatBench(await bench(host, () => plugin.fetch(new Request("http://shop/")))));
 */
export async function bench(
  host: Host,
  run: (index: number) => unknown,
  options: BenchOptions = {},
): Promise<BenchResult> {
  const times = Math.max(1, options.times ?? 1000);
  await repeat(Math.ceil(times / 10), run);
  const start = process.hrtime.bigint();
  await repeat(times, run);
  const nanoseconds = Number(process.hrtime.bigint() - start) / times;
  const { hostCalls, callbacks, allocations } = await host.measure(() => repeat(COUNTED, run));
  return {
    times,
    nanoseconds,
    hostCalls: perRun(hostCalls),
    callbacks: perRun(callbacks),
    allocations:
      allocations === undefined
        ? undefined
        : { count: allocations.count / COUNTED, bytes: allocations.bytes / COUNTED },
  };
}

async function repeat(times: number, run: (index: number) => unknown): Promise<void> {
  for (let index = 0; index < times; index++) {
    const result = run(index);
    // A case without a promise is not made to wait for one.
    if (result instanceof Promise) await result;
  }
}

function perRun(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / COUNTED]));
}

/** A result as lines: what a run takes, then each call with its number. */
export function formatBench({ nanoseconds, hostCalls, callbacks, allocations }: BenchResult): string {
  const allocated = allocations === undefined ? "not known" : `${allocations.count} of ${allocations.bytes} bytes`;
  return [
    `${Math.round(nanoseconds)} ns a run`,
    ...callLines("callbacks", callbacks),
    ...callLines("host calls", hostCalls),
    `allocations: ${allocated}`,
  ].join("\n");
}

function callLines(title: string, counts: Readonly<Record<string, number>>): string[] {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [`${title}: ${total}`, ...Object.entries(counts).map(([name, count]) => `  ${name} ${count}`)];
}
