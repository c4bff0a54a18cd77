import type { DelayDistribution } from "../model/fault-injection.ts";

/** A point of a quantile function: the share of delays (of 1) that are at most so long. */
export interface QuantilePoint {
  readonly share: number;
  readonly ms: number;
}

/** Shares at which a smooth function is looked at: even steps, and at both ends halving ones, to 1 in 131,072. */
const GRID = grid();

/** How far straight lines may lead from the true value: half a millisecond, or so much of the value. */
const TOLERANCE_MS = 0.5;
const TOLERANCE = 0.005;

/**
 * A distribution as points of its quantile function, ascending, the first at 0 and the last at 1; straight lines lead
 * from one to the next. So the filter draws from every distribution alike, without a logarithm. What has no longest
 * value ends with the one that 1 of 131,072 exceeds.
 */
export function delayPoints(distribution: DelayDistribution): readonly QuantilePoint[] {
  switch (distribution.kind) {
    case "fixed":
      return [{ share: 1, ms: distribution.ms }];
    case "uniform":
      return [
        { share: 0, ms: distribution.minMs },
        { share: 1, ms: distribution.maxMs },
      ];
    case "normal":
      return sampled((p) => distribution.meanMs + distribution.deviationMs * normalQuantile(p));
    case "lognormal": {
      const sigma = Math.log(distribution.p99Ms / distribution.medianMs) / normalQuantile(0.99);
      return sampled((p) => distribution.medianMs * Math.exp(sigma * normalQuantile(p)));
    }
    case "exponential":
      return sampled((p) => -distribution.meanMs * Math.log(1 - p));
    case "percentiles":
      return percentilePoints(distribution.points);
    default:
      return distribution satisfies never;
  }
}

// Before the first percentile and after the last nothing is known: their values hold.
function percentilePoints(points: readonly { readonly percent: number; readonly ms: number }[]): QuantilePoint[] {
  const inside = points.map(({ percent, ms }) => ({ share: percent / 100, ms }));
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) return [];
  const before = first.share > 0 ? [{ share: 0, ms: first.ms }] : [];
  const after = last.share < 1 ? [{ share: 1, ms: last.ms }] : [];
  return [...before, ...inside, ...after];
}

function sampled(quantile: (share: number) => number): QuantilePoint[] {
  const points = GRID.map((share) => ({ share, ms: Math.max(0, quantile(share)) }));
  const [lowest, highest] = [points[0], points.at(-1)];
  if (lowest === undefined || highest === undefined) return [];
  return simplified([{ share: 0, ms: lowest.ms }, ...points, { share: 1, ms: highest.ms }]).map(({ share, ms }) => ({
    share,
    ms: Math.round(ms),
  }));
}

/** Leaves points out as long as the line over them is close enough. */
function simplified(points: readonly QuantilePoint[]): readonly QuantilePoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 3) return points;
  let worst = 0;
  let at = 0;
  for (const [i, { share, ms }] of points.entries()) {
    const line = first.ms + ((share - first.share) / (last.share - first.share)) * (last.ms - first.ms);
    const error = Math.abs(line - ms) / Math.max(TOLERANCE_MS, TOLERANCE * ms);
    if (error > worst) [worst, at] = [error, i];
  }
  if (worst <= 1) return [first, last];
  return [...simplified(points.slice(0, at + 1)), ...simplified(points.slice(at)).slice(1)];
}

function grid(): readonly number[] {
  const even = Array.from({ length: 31 }, (_, i) => (i + 1) / 32);
  const tails = Array.from({ length: 12 }, (_, i) => 2 ** -(6 + i));
  return [...tails.toReversed(), ...even, ...tails.map((tail) => 1 - tail)];
}

/** The standard normal's value that a share `p` of 2^-17 to 1 - 2^-17 does not exceed, by halving an interval. */
function normalQuantile(p: number): number {
  let [low, high] = [-5, 5];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// The series of the integral of the density, which converges fast this near to zero.
function normalCdf(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
