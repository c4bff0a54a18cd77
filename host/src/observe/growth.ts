import type { Meter } from "../vm/tools.ts";

/** By how much a module grew over many runs of one and the same thing. */
export interface Growth {
  readonly times: number;
  /** Bytes of memory, which grows by pages of 64 KiB and never shrinks. */
  readonly memoryBytes: number;
  /** Blocks of the heap that are in use after, and were not before; undefined for a module without known names. */
  readonly liveBlocks: number | undefined;
}

/** A run that leaves one block behind in this many is no leak yet: a table may have grown. */
const RUNS_PER_BLOCK = 100;

/** What one run leaves behind it may do a few times, such as filling a table: only then it counts. */
const WARM_UP = 10;

/** Runs something again and again, after a tenth as many runs that warm up. Rejects with what a run throws. */
export async function growth(meters: readonly Meter[], times: number, run: () => unknown): Promise<Growth> {
  await repeat(Math.ceil(times / WARM_UP), run);
  const before = read(meters);
  await repeat(times, run);
  const after = read(meters);
  const isKnown = after.liveBlocks !== undefined && before.liveBlocks !== undefined;
  return {
    times,
    memoryBytes: after.memoryBytes - before.memoryBytes,
    liveBlocks: isKnown ? (after.liveBlocks ?? 0) - (before.liveBlocks ?? 0) : undefined,
  };
}

/** Whether it would go on growing. */
export function isGrowing({ times, memoryBytes, liveBlocks = 0 }: Growth): boolean {
  return memoryBytes > 0 || liveBlocks * RUNS_PER_BLOCK >= times;
}

/** In words. */
export function growthText({ times, memoryBytes, liveBlocks }: Growth): string {
  const blocks = liveBlocks === undefined ? "an unknown number of" : String(liveBlocks);
  return `${memoryBytes} bytes of memory and ${blocks} live blocks over ${times} runs`;
}

async function repeat(times: number, run: () => unknown): Promise<void> {
  for (let index = 0; index < times; index++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
}

function read(meters: readonly Meter[]): { memoryBytes: number; liveBlocks: number | undefined } {
  let memoryBytes = 0;
  let liveBlocks: number | undefined = 0;
  for (const meter of meters) {
    meter.collect();
    memoryBytes += meter.memoryBytes;
    liveBlocks = liveBlocks === undefined || meter.liveBlocks === undefined ? undefined : liveBlocks + meter.liveBlocks;
  }
  return { memoryBytes, liveBlocks };
}
