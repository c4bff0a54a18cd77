import { createHash } from "node:crypto";
import { toBytes } from "../abi/bytes.ts";
import type { HostCallName } from "../abi/names.ts";
import type { PropertyTree } from "../abi/property.ts";
import { LogLevel } from "../abi/numbers.ts";
import { rootContext } from "../core/contexts.ts";
import { type Fault, Faults } from "../core/faults.ts";
import type { ForeignFunction } from "../core/foreign.ts";
import { Machine } from "../core/machine.ts";
import { MetricRegistry } from "../core/metrics.ts";
import type { StatsTag } from "../core/prometheus.ts";
import { Schedule } from "../core/schedule.ts";
import type { Misuse } from "../core/misuse.ts";
import { SharedData } from "../core/shared-data.ts";
import { SharedQueues } from "../core/shared-queues.ts";
import type { FailurePolicy } from "../core/step.ts";
import { type LogRecord, VmState, type World } from "../core/vm-state.ts";
import { coverageFor, type CoverageMap, istanbulCoverage, pathIn } from "../coverage/collect.ts";
import { measure, type Measured, recorder, type TranscriptEntry } from "../observe/index.ts";
import { Chain, type ChainWorld } from "./chain.ts";
import type { CallOut, Cluster, PendingCall } from "./clusters.ts";
import { type Clock, seededRandom, stoppedClock } from "./defaults.ts";
import { envoyFunctions } from "./foreign.ts";
import { compile } from "./compile.ts";
import type { GrpcServer } from "./grpc.ts";
import { instantiate } from "./instantiate.ts";
import { Outbound } from "./outbound.ts";
import { type Live, Plugin } from "./plugin.ts";
import { type Limits, makeTools, type Tools } from "./tools.ts";

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
  /** Where HTTP call-outs go, by the cluster's name. */
  readonly clusters?: Readonly<Record<string, Cluster>>;
  /** Where gRPC calls and streams go, by the cluster's name. */
  readonly grpc?: Readonly<Record<string, GrpcServer>>;
  /** Foreign functions beside Envoy's own. */
  readonly foreign?: Readonly<Record<string, ForeignFunction>>;
  /** The bootstrap's stats tags, for `metrics.prometheus()`. */
  readonly statsTags?: readonly StatsTag[];
  /** Bytes of a body that filters may hold back: Envoy's per_connection_buffer_limit_bytes. Default 1 MiB. */
  readonly bufferLimit?: number;
  /** What a module may use up; by default a callback that never ends is stopped. */
  readonly limits?: Limits;
  /** Keeps every callback and host call in `host.transcript`. Default false. */
  readonly transcript?: boolean;
  /** Counts lines of modules that come with a source map. Default: while Vitest does, with the provider of this package. */
  readonly coverage?: boolean;
}

/** How a module is configured: the fields of Envoy's PluginConfig and VmConfig. */
export interface LoadOptions {
  readonly configuration?: string | Uint8Array;
  readonly name?: string;
  readonly rootId?: string;
  /** Plugins of one vm_id, one vm configuration and the same bytes share a VM. */
  readonly vmId?: string;
  readonly vmConfiguration?: string | Uint8Array;
  readonly failurePolicy?: FailurePolicy;
  /** After how long a lost VM is made anew, with the policy `reload`. Default 1,000. */
  readonly reloadBackoffMs?: number;
  /** A paused header callback lets the body callbacks come all the same. Default false, as in Envoy. */
  readonly allowOnHeadersStopIteration?: boolean;
  /** What the module sees as its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Envoy's capability restriction: the only host calls that answer. */
  readonly allowedCapabilities?: readonly string[];
}

const MIB = 1024 * 1024;

/** An in-process proxy-wasm host that behaves as Envoy does. */
export class Host {
  readonly metrics: MetricRegistry;
  /** Everything that was logged so far. */
  readonly logs: LogRecord[] = [];
  /** What modules and the test have used wrongly so far, each with the reason and the way out; none in a sound filter. */
  readonly misuses: Misuse[] = [];
  /** Every crossing so far, with the option `transcript`; `formatTranscript` makes lines of it. */
  readonly transcript: TranscriptEntry[] = [];
  readonly #options: HostOptions;
  readonly #tools: Tools;
  readonly #world: World;
  readonly #machines = new Map<string, Machine>();
  readonly #shared = new Map<string, SharedData>();
  readonly #plugins: Plugin[] = [];
  readonly #schedule = new Schedule();
  readonly #outbound: Outbound;
  #advancedNs = 0n;

  /** @private made by `createHost()` */
  constructor(options: HostOptions) {
    this.#options = options;
    this.#tools = makeTools(options.limits ?? {}, coverageFor(options.coverage));
    if (options.transcript === true) this.#tools.observer = recorder(this.transcript);
    this.metrics = new MetricRegistry(options.statsTags);
    this.#outbound = new Outbound(options.clusters ?? {}, options.grpc ?? {}, this.#schedule, () => this.now());
    this.#world = {
      metrics: this.metrics,
      properties: options.properties ?? {},
      now: () => this.now(),
      random: options.random ?? seededRandom(),
      log: (record) => {
        this.logs.push(record);
        options.log?.(record);
      },
      callOuts: this.#outbound,
      queues: new SharedQueues((run) => void this.#schedule.put(this.now(), run)),
      foreign: new Map([...envoyFunctions, ...Object.entries(options.foreign ?? {})]),
      faults: new Faults(),
      misuses: this.misuses,
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
    const plugin = new Plugin(this.#bringUp(bytes, options), {
      policy: options.failurePolicy ?? "closed",
      stopsHeadersOnly: options.allowOnHeadersStopIteration ?? false,
      reloadBackoffMs: options.reloadBackoffMs ?? 1000,
      reload: () => this.#bringUp(bytes, options),
      chainOf: (self) => this.chain([self]),
      loaded: { ...options, wasm: bytes },
    });
    this.#plugins.push(plugin);
    return plugin;
  }

  /** Plugins in the order in which a request passes them. */
  chain(plugins: readonly Plugin[]): Chain {
    const world: ChainWorld = {
      now: () => this.now(),
      bufferLimit: this.#options.bufferLimit ?? MIB,
      advanceToNext: (limitNs) => this.#advanceToNext(limitNs),
      fetched: () => ({
        chain: plugins.length === 1 ? (plugins[0] ?? plugins) : plugins,
        filters: plugins.map((plugin) => plugin.loaded),
        host: this.#options,
        logs: this.logs,
        metrics: this.metrics,
      }),
    };
    return new Chain(plugins, world);
  }

  /** Moves the time on, and lets everything on the way happen in order: ticks, call-outs' answers and time-outs, queues. */
  advance(ms: number): void {
    const target = this.now() + BigInt(Math.round(ms * 1e6));
    while (this.#advanceToNext(target));
    this.#moveTo(target);
  }

  /** Lets happen what is due now: answers without a delay, queue notifications. */
  settle(): void {
    this.advance(0);
  }

  /** Call-outs that wait for their answer, in the order that they were made. */
  get calls(): readonly PendingCall[] {
    return this.#outbound.pending;
  }

  /** All call-outs so far, in order. */
  get requests(): readonly CallOut[] {
    return this.#outbound.requests;
  }

  /** What modules of a vm_id share by key. */
  sharedData(vmId = ""): SharedData {
    const held = this.#shared.get(vmId) ?? new SharedData();
    this.#shared.set(vmId, held);
    return held;
  }

  /** What waits in a queue; undefined when no module registered it. */
  queue(vmId: string, name: string): readonly Uint8Array[] | undefined {
    return this.#world.queues.items(vmId, name);
  }

  /** Makes a host call answer with a status without doing anything, or `malloc` give no memory. */
  fail(name: HostCallName | "malloc", fault: Fault = {}): void {
    this.#world.faults.add(name, fault);
  }

  /** Takes back every `fail`. */
  heal(): void {
    this.#world.faults.clear();
  }

  /** Counts what goes between host and modules while something runs, and what the modules allocate. */
  measure(run: () => Promise<unknown>): Promise<Measured>;
  measure(run: () => unknown): Measured;
  measure(run: () => unknown): Measured | Promise<Measured> {
    return measure(this.#tools, run);
  }

  /** Lines and functions that modules have run, in Istanbul's format; with the option `coverage`. */
  coverage(): CoverageMap {
    const { coverage } = this.#tools;
    return coverage === undefined ? {} : istanbulCoverage(coverage, pathIn());
  }

  /** Goes to the next thing that is due; false when there is none until then. */
  #advanceToNext(limitNs: bigint): boolean {
    const tick = this.#nextTick();
    const due = this.#schedule.next;
    const scheduled = due !== undefined && (tick === undefined || due <= tick.at);
    const at = scheduled ? due : tick?.at;
    if (at === undefined || at > limitNs) return false;
    this.#moveTo(at);
    if (scheduled) this.#schedule.take()?.();
    else tick?.plugin.tick();
    return true;
  }

  #nextTick(): { plugin: Plugin; at: bigint } | undefined {
    let next: { plugin: Plugin; at: bigint } | undefined;
    for (const plugin of this.#plugins) {
      const at = plugin.nextTickNs;
      if (at !== undefined && (next === undefined || at < next.at)) next = { plugin, at };
    }
    return next;
  }

  #moveTo(time: bigint): void {
    const now = this.now();
    if (time > now) this.#advancedNs += time - now;
  }

  #bringUp(bytes: Uint8Array<ArrayBuffer>, options: LoadOptions): Live {
    const { machine, first } = this.#machineFor(bytes, options);
    const id = machine.vm.nextContextId();
    const root = rootContext(id, options.name ?? "", options.rootId ?? "", toBytes(options.configuration ?? ""));
    return { machine, root, problem: machine.start(root, first) };
  }

  /** The VM for these bytes: one that runs already and may be shared, else a new one. A lost VM is never shared. */
  #machineFor(bytes: Uint8Array<ArrayBuffer>, options: LoadOptions): { machine: Machine; first: boolean } {
    const vmId = options.vmId ?? "";
    const vmConfiguration = toBytes(options.vmConfiguration ?? "");
    const digest = createHash("sha256").update(bytes).digest("hex");
    const key = JSON.stringify([vmId, digest, [...vmConfiguration], options.environment, options.allowedCapabilities]);
    const held = this.#machines.get(key);
    if (held !== undefined && held.failure === undefined) return { machine: held, first: false };
    const compiled = compile(bytes, digest, this.#tools);
    const { allowedCapabilities } = options;
    const vm = new VmState(this.#world, {
      vmId,
      shared: this.sharedData(vmId),
      vmConfiguration,
      logLevel: this.#options.logLevel ?? LogLevel.Trace,
      abiVersion: compiled.abiVersion,
      environment: options.environment ?? {},
      ...(allowedCapabilities === undefined ? {} : { allowedCapabilities }),
    });
    const machine = new Machine(vm, instantiate(compiled, vm, this.#tools));
    this.#machines.set(key, machine);
    return { machine, first: true };
  }
}

/** Makes an in-process host. Without options its time stands still and its randomness repeats. */
export function createHost(options: HostOptions = {}): Host {
  return new Host(options);
}
