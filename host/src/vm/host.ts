import { createHash } from "node:crypto";
import { toBytes } from "../abi/bytes.ts";
import type { PropertyTree } from "../abi/property.ts";
import { LogLevel } from "../abi/numbers.ts";
import type { RootContext } from "../core/contexts.ts";
import { Machine } from "../core/machine.ts";
import { MetricRegistry } from "../core/metrics.ts";
import { SharedData } from "../core/shared-data.ts";
import type { FailurePolicy } from "../core/step.ts";
import { type LogRecord, VmState, type World } from "../core/vm-state.ts";
import { type Clock, seededRandom, stoppedClock } from "./defaults.ts";
import { compile, instantiate } from "./instantiate.ts";
import { Plugin } from "./plugin.ts";

/** What a host takes from outside. Every default is the same in every run. */
export interface HostOptions {
  /** Where time starts; `host.advance` adds to it. */
  readonly clock?: Clock;
  readonly random?: (bytes: Uint8Array) => void;
  /** Of all streams and plugins, such as `node`. */
  readonly properties?: PropertyTree;
  /** Called for each record, besides `host.logs`. */
  readonly log?: (record: LogRecord) => void;
  /** What modules are told and held to; default trace, which keeps everything. */
  readonly logLevel?: LogLevel;
}

/** How a module is configured: the fields of Envoy's PluginConfig and VmConfig. */
export interface LoadOptions {
  readonly configuration?: string | Uint8Array;
  readonly rootId?: string;
  /** Plugins of one vm_id, one vm configuration and the same bytes share a VM. */
  readonly vmId?: string;
  readonly vmConfiguration?: string | Uint8Array;
  readonly failurePolicy?: FailurePolicy;
}

/** An in-process proxy-wasm host that behaves as Envoy does. */
export class Host {
  readonly metrics: MetricRegistry = new MetricRegistry();
  /** Everything that was logged so far. */
  readonly logs: LogRecord[] = [];
  readonly #options: HostOptions;
  readonly #world: World;
  readonly #machines = new Map<string, Machine>();
  readonly #shared = new Map<string, SharedData>();
  readonly #plugins: Plugin[] = [];
  #advancedNs = 0n;

  /** @private made by `createHost()` */
  constructor(options: HostOptions) {
    this.#options = options;
    this.#world = {
      metrics: this.metrics,
      properties: options.properties ?? {},
      now: () => this.now(),
      random: options.random ?? seededRandom(),
      log: (record) => {
        this.logs.push(record);
        options.log?.(record);
      },
    };
  }

  /** Host time: nanoseconds since 1970. */
  now(): bigint {
    return (this.#options.clock ?? stoppedClock).now() + this.#advancedNs;
  }

  /**
   * Loads a module and brings its plugin up. Throws HostError `module` or `import` for bytes that no proxy would take; a
   * plugin that refuses its configuration comes back with its `problem`.
   */
  load(bytes: Uint8Array<ArrayBuffer>, options: LoadOptions = {}): Plugin {
    const { machine, first } = this.#machineFor(bytes, options);
    const root: RootContext = {
      kind: "root",
      id: machine.vm.nextContextId(),
      rootId: options.rootId ?? "",
      configuration: toBytes(options.configuration ?? ""),
      tickPeriodMs: 0,
      nextTickNs: 0n,
    };
    const problem = machine.start(root, first);
    const plugin = new Plugin(machine, root, options.failurePolicy ?? "closed", problem);
    this.#plugins.push(plugin);
    return plugin;
  }

  /** Moves the time on, and fires every tick on the way in order. */
  advance(ms: number): void {
    const target = this.now() + BigInt(Math.round(ms * 1e6));
    for (;;) {
      const next = this.#nextDue(target);
      if (next === undefined) break;
      this.#moveTo(next.at);
      next.plugin.tick();
    }
    this.#moveTo(target);
  }

  #nextDue(target: bigint): { plugin: Plugin; at: bigint } | undefined {
    let due: { plugin: Plugin; at: bigint } | undefined;
    for (const plugin of this.#plugins) {
      const at = plugin.nextTickNs;
      if (at !== undefined && at <= target && (due === undefined || at < due.at)) due = { plugin, at };
    }
    return due;
  }

  #moveTo(time: bigint): void {
    const now = this.now();
    if (time > now) this.#advancedNs += time - now;
  }

  /** The VM for these bytes: one that runs already and may be shared, else a new one. A lost VM is never shared. */
  #machineFor(bytes: Uint8Array<ArrayBuffer>, options: LoadOptions): { machine: Machine; first: boolean } {
    const vmId = options.vmId ?? "";
    const vmConfiguration = toBytes(options.vmConfiguration ?? "");
    const digest = createHash("sha256").update(bytes).update("\0").update(vmConfiguration).digest("hex");
    const key = `${vmId} ${digest}`;
    const held = this.#machines.get(key);
    if (held !== undefined && held.failure === undefined) return { machine: held, first: false };
    const shared = this.#shared.get(vmId) ?? new SharedData();
    this.#shared.set(vmId, shared);
    const vm = new VmState(this.#world, vmId, shared, vmConfiguration);
    vm.logLevel = this.#options.logLevel ?? LogLevel.Trace;
    const machine = new Machine(vm, instantiate(compile(bytes), vm));
    this.#machines.set(key, machine);
    return { machine, first: true };
  }
}

/** Makes an in-process host. Without options its time stands still and its randomness repeats. */
export function createHost(options: HostOptions = {}): Host {
  return new Host(options);
}
