import type { CallResult, Guest } from "../core/guest.ts";
import type { VmState } from "../core/vm-state.ts";
import type { CoverageRun } from "../coverage/collector.ts";
import { HostError } from "../error.ts";
import { ALLOCATED_BYTES, ALLOCATIONS, FUEL, lineCounter } from "../instrument/index.ts";
import type { Instance } from "./bind.ts";
import type { Compiled } from "./compile.ts";
import { Memory } from "./memory.ts";
import type { Meter, Tools } from "./tools.ts";
import { toTrap } from "./trap.ts";

type Exported = (...args: readonly number[]) => unknown;

const NOTHING: CallResult = { ok: true, value: undefined };

/** Frames of a trap's backtrace; Envoy shows as many. */
const BACKTRACE = 20;

/** A module's instance, with the meters that were built into it. */
export class WasmGuest implements Guest, Instance, Meter {
  readonly memory: Memory;
  readonly #functions = new Map<string, Exported>();
  readonly #exports: WebAssembly.Exports;
  readonly #compiled: Compiled;
  readonly #vm: VmState;
  readonly #tools: Tools;
  readonly #fuel: WebAssembly.Global | undefined;
  readonly #allocator: Exported | undefined;
  readonly #coverage: CoverageRun | undefined;
  #depth = 0;

  constructor(instance: WebAssembly.Instance, compiled: Compiled, vm: VmState, tools: Tools) {
    const { exports } = instance;
    if (!(exports["memory"] instanceof WebAssembly.Memory)) {
      throw new HostError("module", "the module exports no memory");
    }
    this.memory = new Memory(exports["memory"]);
    this.#exports = exports;
    this.#compiled = compiled;
    this.#vm = vm;
    this.#tools = tools;
    for (const [name, exported] of Object.entries(exports)) {
      // An exported function takes and returns numbers; the ABI's callbacks have no 64-bit ones.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      if (typeof exported === "function") this.#functions.set(name, exported as Exported);
    }
    this.#allocator = this.#functions.get("malloc") ?? this.#functions.get("proxy_on_memory_allocate");
    this.#fuel = globalOf(exports, FUEL);
    this.#coverage = this.#startCoverage();
    tools.meters.push(this);
  }

  get allocations(): Meter["allocations"] {
    const count = globalOf(this.#exports, ALLOCATIONS);
    const bytes = globalOf(this.#exports, ALLOCATED_BYTES);
    return count === undefined || bytes === undefined
      ? undefined
      : { count: Number(count.value) >>> 0, bytes: Number(bytes.value) >>> 0 };
  }

  get memoryBytes(): number {
    return this.memory.size;
  }

  call(name: string, contextId: number, args: readonly number[]): CallResult {
    const exported = this.#functions.get(name);
    if (exported === undefined) return NOTHING;
    const { observer } = this.#tools;
    observer?.callback(this.#vm, name, [contextId, ...args]);
    const result = this.#run(exported, name, contextId, args);
    observer?.returned(this.#vm, name, result);
    return result;
  }

  #run(exported: Exported, name: string, first: number, rest: readonly number[]): CallResult {
    // A callback inside another one's host call is part of it, so that no loop of host calls gives itself new fuel.
    if (this.#depth === 0 && this.#fuel !== undefined) this.#fuel.value = this.#compiled.instructions;
    this.#coverage?.touch();
    this.#depth += 1;
    const traceLimit = Error.stackTraceLimit;
    Error.stackTraceLimit = BACKTRACE;
    try {
      return resultOf(apply(exported, first, rest));
    } catch (error) {
      return { ok: false, trap: toTrap(error, name, this.#compiled) };
    } finally {
      this.#depth -= 1;
      Error.stackTraceLimit = traceLimit;
    }
  }

  /** The allocator, under the name that Envoy looks for first. After a trap in it the callback goes on, and then the VM is lost. */
  allocate(size: number): number | undefined {
    if (this.#vm.lost !== undefined) return undefined;
    try {
      const pointer = this.#allocator?.(size);
      return typeof pointer === "number" ? pointer >>> 0 : undefined;
    } catch (error) {
      const lost = toTrap(error, "malloc", this.#compiled);
      this.#vm.lost = lost;
      this.#vm.misuse("malloc-trap", `the allocator trapped in ${lost.function}: ${lost.message}`);
      return undefined;
    }
  }

  /** Without fuel, the next thing that pays in the module traps. */
  charge(bytes: number): void {
    if (this.#fuel !== undefined) this.#fuel.value = Math.max(-1, Number(this.#fuel.value) - Math.ceil(bytes / 16));
  }

  /** A reactor initialises and may have a main; a command only starts. */
  initialize(): CallResult {
    // An exported function passes over arguments that it does not have.
    if (!this.#functions.has("_initialize")) return this.call("_start", 0, []);
    const initialized = this.call("_initialize", 0, []);
    return initialized.ok ? this.call(this.#functions.has("main") ? "main" : "__main_void", 0, [0]) : initialized;
  }

  #startCoverage(): CoverageRun | undefined {
    const { coverage } = this.#tools;
    const { built, sourceMap, source } = this.#compiled;
    if (coverage === undefined || sourceMap === undefined || source === undefined) return undefined;
    if (typeof built === "string" || built.points.length === 0) return undefined;
    const counters = built.points.map((_, index) => globalOf(this.#exports, lineCounter(index)));
    return coverage.start({ points: built.points, source, sourceMap }, () =>
      counters.map((counter) => Number(counter?.value ?? 0) >>> 0),
    );
  }
}

/** A spread is slow, and callbacks of a stream have at most three arguments. */
function apply(exported: Exported, first: number, rest: readonly number[]): unknown {
  switch (rest.length) {
    case 0:
      return exported(first);
    case 1:
      return exported(first, rest[0] ?? 0);
    case 2:
      return exported(first, rest[0] ?? 0, rest[1] ?? 0);
    default:
      return exported(first, ...rest);
  }
}

/** Most callbacks return nothing, go on or stop: these results are made once. */
const FREQUENT: readonly CallResult[] = [0, 1].map((value) => ({ ok: true, value }));

function resultOf(value: unknown): CallResult {
  if (typeof value !== "number") return NOTHING;
  return FREQUENT[value] ?? { ok: true, value: value >>> 0 };
}

function globalOf(exports: WebAssembly.Exports, name: string): WebAssembly.Global | undefined {
  const exported = exports[name];
  return exported instanceof WebAssembly.Global ? exported : undefined;
}
