import { sendLoad, type LoadOptions } from "./load.ts";
import { workerCpuNanoseconds } from "./worker-cpu.ts";

/** One way of doing the same thing, to be compared with its siblings. */
export interface Variant {
  readonly name: string;
  readonly load: Pick<LoadOptions, "port" | "request" | "expect">;
}

/** CPU microseconds a request, over all rounds of one variant. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

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
  for (const variant of variants) await round(variant, { ...plan, requestsPerRound: plan.requestsPerRound });
  for (let index = 0; index < plan.rounds; index += 1) {
    const order = index % 2 === 0 ? variants : variants.toReversed();
    for (const variant of order) samples.get(variant.name)?.push(await round(variant, plan));
  }
  return variants.map(({ name }) => summarise(name, samples.get(name) ?? []));
}

async function round({ name, load }: Variant, plan: Plan): Promise<number> {
  const before = workerCpuNanoseconds(plan.pid);
  const result = await sendLoad({ ...load, requests: plan.requestsPerRound, connections: plan.connections });
  const after = workerCpuNanoseconds(plan.pid);
  if (result.unexpected > 0) throw new Error(`${name}: ${result.unexpected} answers did not begin with ${load.expect}`);
  return (after - before) / result.requests / 1000;
}

function summarise(name: string, samples: readonly number[]): Measured {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { name, median: at(0.5), low: at(0.25), high: at(0.75) };
}
