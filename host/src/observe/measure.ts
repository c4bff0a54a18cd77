import type { Meter, Observer, Tools } from "../vm/tools.ts";

/** What happened between a host and its modules meanwhile. */
export interface Measured {
  /** How often each host call was made. */
  readonly hostCalls: Readonly<Record<string, number>>;
  /** How often each callback was called. */
  readonly callbacks: Readonly<Record<string, number>>;
  /**
   * Objects and buffers that the modules allocated, and their bytes. Undefined when one of them has no names, as a release
   * build has none: then nobody knows which of its functions allocates.
   */
  readonly allocations: { readonly count: number; readonly bytes: number } | undefined;
  /** Bytes by which the modules' memories grew. */
  readonly memoryGrowth: number;
}

/** Counts what happens while something runs; throws what it throws. */
export function measure(tools: Tools, run: () => unknown): Measured | Promise<Measured> {
  const end = start(tools);
  const fail = (error: unknown): never => {
    end();
    throw error;
  };
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? result.then(end, fail) : end();
}

function start(tools: Tools): () => Measured {
  const outer = tools.observer;
  const hostCalls: Record<string, number> = {};
  const callbacks: Record<string, number> = {};
  const before = tools.meters.map(read);
  const counting: Observer = {
    callback: (vm, name, args) => {
      callbacks[name] = (callbacks[name] ?? 0) + 1;
      outer?.callback(vm, name, args);
    },
    returned: (vm, name, result) => outer?.returned(vm, name, result),
    hostCall: (vm, name, args, status, results) => {
      hostCalls[name] = (hostCalls[name] ?? 0) + 1;
      outer?.hostCall(vm, name, args, status, results);
    },
  };
  tools.observer = counting;
  return () => {
    tools.observer = outer;
    return { hostCalls, callbacks, ...growth(tools.meters.map(read), before) };
  };
}

type Reading = Pick<Meter, "allocations" | "memoryBytes">;

function read({ allocations, memoryBytes }: Meter): Reading {
  return { allocations, memoryBytes };
}

function growth(now: readonly Reading[], before: readonly Reading[]): Pick<Measured, "allocations" | "memoryGrowth"> {
  let memoryGrowth = 0;
  let allocations: Measured["allocations"] = { count: 0, bytes: 0 };
  for (const [index, meter] of now.entries()) {
    const earlier = before[index];
    memoryGrowth += meter.memoryBytes - (earlier?.memoryBytes ?? meter.memoryBytes);
    if (meter.allocations === undefined || allocations === undefined) {
      allocations = undefined;
      continue;
    }
    allocations = {
      count: allocations.count + meter.allocations.count - (earlier?.allocations?.count ?? 0),
      bytes: allocations.bytes + meter.allocations.bytes - (earlier?.allocations?.bytes ?? 0),
    };
  }
  return { allocations, memoryGrowth };
}
