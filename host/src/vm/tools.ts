import type { CallResult } from "../core/guest.ts";
import type { Value } from "../core/host-call.ts";
import type { VmState } from "../core/vm-state.ts";
import type { CoverageCollector } from "../coverage/collector.ts";
import { HostError } from "../error.ts";

/** What a module may use up. */
export interface Limits {
  /**
   * Instructions that one callback may run until it counts as one that never ends, from 1 to 2^31 - 1; a host call counts as
   * 20,000. The same in every run, unlike a time. Default 1,000,000,000, which is about a second.
   */
  readonly instructions?: number;
  /** Bytes of memory. Default and maximum 1 GiB, which is what Envoy gives. */
  readonly memoryBytes?: number;
}

/** Sees every crossing between a host and its modules. */
export interface Observer {
  callback(vm: VmState, name: string, args: readonly number[]): void;
  returned(vm: VmState, name: string, result: CallResult): void;
  /** After the call. `args` and `results` are decoded; neither is there when the call was refused or its pointers were bad. */
  hostCall(vm: VmState, name: string, args: readonly Value[], status: number, results: readonly Value[]): void;
}

/** What a module has allocated so far. */
export interface Meter {
  /** Objects and buffers, and their bytes; undefined for a module whose allocator has no known name. */
  readonly allocations: { readonly count: number; readonly bytes: number } | undefined;
  /** Bytes of memory that it has. */
  readonly memoryBytes: number;
}

/** What a host holds its modules to and watches them with. */
export interface Tools {
  readonly instructions: number;
  readonly maxPages: number;
  readonly coverage: CoverageCollector | undefined;
  /** One for each VM. */
  readonly meters: Meter[];
  /** Costs nothing while there is none. */
  observer: Observer | undefined;
}

const MAX_INSTRUCTIONS = 2 ** 31 - 1;
const DEFAULT_INSTRUCTIONS = 1_000_000_000;
const PAGE = 65_536;
/** Envoy's limit for a VM, in pages of 64 KiB. */
export const MAX_PAGES = 16_384;

/** Throws HostError `use` for limits that are none. */
export function makeTools(limits: Limits, coverage: CoverageCollector | undefined): Tools {
  const { instructions = DEFAULT_INSTRUCTIONS, memoryBytes = MAX_PAGES * PAGE } = limits;
  if (!Number.isInteger(instructions) || instructions < 1 || instructions > MAX_INSTRUCTIONS) {
    throw new HostError("use", `limits.instructions is ${instructions}; it may be 1 to ${MAX_INSTRUCTIONS}`);
  }
  if (!(memoryBytes >= PAGE && memoryBytes <= MAX_PAGES * PAGE)) {
    throw new HostError("use", `limits.memoryBytes is ${memoryBytes}; it may be ${PAGE} to ${MAX_PAGES * PAGE}`);
  }
  return { instructions, maxPages: Math.floor(memoryBytes / PAGE), coverage, meters: [], observer: undefined };
}
