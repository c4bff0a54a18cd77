import type { FaultInjection, FaultStatus } from "../../controlplane/src/model/fault-injection.ts";
import { delayPoints } from "../../controlplane/src/policy/fault-delay.ts";

/** What the filter decides with a request's random number, written down plainly: the judge of the compiled form. */
export interface FaultDecision {
  readonly delayMs: number;
  readonly status: FaultStatus | undefined;
  /** 0 for no limit. */
  readonly kibPerSecond: number;
  /** -1 for all. */
  readonly bytes: number;
}

const MASK = 2n ** 64n - 1n;

/** The decision of an injection whose conditions hold. */
export function decideFault({ delay, abort, drip, truncate }: FaultInjection, random: bigint): FaultDecision {
  const isMeant = (number: bigint, { perMillion }: { readonly perMillion: number }): boolean =>
    draw(random, number) % 1_000_000n < BigInt(perMillion);
  const isDelayed = delay !== undefined && isMeant(1n, delay);
  const isAborted = abort !== undefined && isMeant(3n, abort);
  return {
    kibPerSecond: drip !== undefined && isMeant(5n, drip) ? drip.kibPerSecond : 0,
    bytes: truncate !== undefined && isMeant(6n, truncate) ? truncate.bytes : -1,
    delayMs: isDelayed ? quantile(delay.distribution, Number(draw(random, 2n) >> 32n)) : 0,
    status: isAborted ? pick(abort.statuses, draw(random, 4n)) : undefined,
  };
}

function quantile(distribution: NonNullable<FaultInjection["delay"]>["distribution"], share: number): number {
  const points = delayPoints(distribution).map((point) => ({ ...point, share: Math.round(point.share * 0xffff_ffff) }));
  const right = points.findIndex((point) => point.share >= share);
  const [from, to] = [points[right - 1], points[right]];
  if (to === undefined) throw new Error("a quantile function without an end");
  if (from === undefined) return to.ms;
  return from.ms + Math.floor(((to.ms - from.ms) * (share - from.share)) / (to.share - from.share));
}

function pick(statuses: NonNullable<FaultInjection["abort"]>["statuses"], random: bigint): FaultStatus | undefined {
  const total = statuses.reduce((sum, { weight }) => sum + weight, 0);
  let rest = Number(random % BigInt(total));
  for (const { weight, status } of statuses) {
    if (rest < weight) return status;
    rest -= weight;
  }
  return undefined;
}

function draw(random: bigint, index: bigint): bigint {
  return mixed((random + index * 0x9e37_79b9_7f4a_7c15n) & MASK);
}

function mixed(value: bigint): bigint {
  const once = ((value ^ (value >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
  const twice = ((once ^ (once >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
  return twice ^ (twice >> 31n);
}
