import type { LoadResult } from "./load.ts";
import { workerCpuNanoseconds } from "./worker-cpu.ts";

/** One way of doing the same thing, to be compared with its siblings. */
export interface Variant {
  readonly name: string;
  /** Sends so many requests over so many connections. */
  readonly send: (share: { readonly requests: number; readonly connections: number }) => Promise<LoadResult>;
}

/** CPU microseconds a request, over all rounds of one variant. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** By how much a round cost more than the first variant's beside it: the median, so that a slow spell counts for neither. */
  readonly added: number;
  /** The quartiles of that. */
  readonly addedLow: number;
  readonly addedHigh: number;
}

/** How much to measure, and whose worker. */
export interface Plan {
  readonly pid: number;
  readonly rounds: number;
  readonly requestsPerRound: number;
  readonly connections: number;
}

/**
 * Measures all variants in short rounds, interleaved and in alternating order, so that a machine that gets faster or
 * slower meanwhile does so for all of them. Figures are for ratios within one run.
 */
export async function measure(variants: readonly Variant[], plan: Plan): Promise<readonly Measured[]> {
  const samples = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (const variant of variants) await round(variant, plan);
  for (let index = 0; index < plan.rounds; index += 1) {
    const order = index % 2 === 0 ? variants : variants.toReversed();
    for (const variant of order) samples.get(variant.name)?.push(await round(variant, plan));
  }
  const base = samples.get(variants[0]?.name ?? "") ?? [];
  return variants.map(({ name }) => summarise(name, samples.get(name) ?? [], base));
}

async function round({ name, send }: Variant, plan: Plan): Promise<number> {
  const before = workerCpuNanoseconds(plan.pid);
  const result = await send({ requests: plan.requestsPerRound, connections: plan.connections });
  const after = workerCpuNanoseconds(plan.pid);
  if (result.unexpected > 0) throw new Error(`${name}: ${result.unexpected} answers were not as expected`);
  return (after - before) / result.requests / 1000;
}

function summarise(name: string, samples: readonly number[], base: readonly number[]): Measured {
  const added = samples.map((sample, index) => sample - (base[index] ?? 0));
  return {
    name,
    median: quantile(samples, 0.5),
    low: quantile(samples, 0.25),
    high: quantile(samples, 0.75),
    added: quantile(added, 0.5),
    addedLow: quantile(added, 0.25),
    addedHigh: quantile(added, 0.75),
  };
}

function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
