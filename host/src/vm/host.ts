import type { HostCallName } from "../abi/names.ts";
import type { PropertyTree } from "../abi/property.ts";
import { LogLevel } from "../abi/numbers.ts";
import { type Fault, Faults } from "../core/faults.ts";
import type { ForeignFunction } from "../core/foreign.ts";
import { HostError } from "../error.ts";
import { MetricRegistry } from "../core/metrics.ts";
import type { StatsTag } from "../core/prometheus.ts";
import { Schedule } from "../core/schedule.ts";
import type { Misuse } from "../core/misuse.ts";
import type { SharedData } from "../core/shared-data.ts";
import { SharedQueues } from "../core/shared-queues.ts";
import { type AsEnvoy, type Profile, switchesOf } from "../core/profile.ts";
import type { FailurePolicy } from "../core/step.ts";
import type { LogRecord, World } from "../core/vm-state.ts";
import { coverageFor, type CoverageMap, istanbulCoverage, pathIn } from "../coverage/collect.ts";
import { growth, measure, type Measured, recorder, type TranscriptEntry } from "../observe/index.ts";
import { Chain, type ChainWorld } from "./chain.ts";
import type { CallOut, Cluster, PendingCall } from "./clusters.ts";
import { type Clock, seededRandom, stoppedClock } from "./defaults.ts";
import { envoyFunctions } from "./foreign.ts";
import type { GrpcServer } from "./grpc.ts";
import { Outbound } from "./outbound.ts";
import { type Loaded, Plugin } from "./plugin.ts";
import { type Limits, makeTools, type Tools } from "./tools.ts";
import { Vms } from "./vms.ts";
import { Workers } from "./workers.ts";

/** What a host takes from outside. Every default is the same in every run. */
export interface HostOptions {
  /** Where time starts; `host.advance` adds to it. */
  readonly clock?: Clock;
  /** As which host this one behaves. Default `envoy`. */
  readonly profile?: Profile;
  /** Single switches of `DEVIATIONS` beside the profile's: true = as Envoy. */
  readonly deviations?: Partial<AsEnvoy>;
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
  /**
   * Overwrites the results of host calls when the callback that asked for them has returned, so that a view that was kept
   * shows rubbish; it is a misuse when such bytes come back. For SDKs whose results live as long as a callback, as
   * AssemblyScript's here do; those of Rust, Go and C++ belong to the module. Default false.
   */
  readonly poison?: boolean;
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
  readonly #vms: Vms;
  readonly #plugins: Plugin[] = [];
  readonly #schedule = new Schedule();
  readonly #outbound: Outbound;
  #advancedNs = 0n;

  /** @private made by `createHost()` */
  constructor(options: HostOptions) {
    this.#options = options;
    this.#tools = makeTools(options.limits ?? {}, coverageFor(options.coverage), options.poison ?? false);
    if (options.transcript === true) this.#tools.observer = recorder(this.transcript);
    const asEnvoy = switchesOf(options.profile ?? "envoy", options.deviations);
    this.metrics = new MetricRegistry(options.statsTags, asEnvoy.recordAddsToCounter);
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
      asEnvoy,
    };
    this.#vms = new Vms(this.#world, this.#tools, options.logLevel ?? LogLevel.Trace);
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
    return this.#plugin({ ...options, wasm: bytes });
  }

  /**
   * A plugin in `count` worker threads, as Envoy brings it up: its configuration is tried in a canary VM first, and when
   * that refuses it, no worker gets it. Throws as `load`.
   */
  workers(count: number, bytes: Uint8Array<ArrayBuffer>, options: LoadOptions = {}): Workers {
    if (!Number.isInteger(count) || count < 1) throw new HostError("use", `${count} workers; there is at least 1`);
    const loaded: Loaded = { ...options, wasm: bytes };
    // The base VM, which the others are cloned from, is initialised and never started.
    this.#vms.make(loaded);
    const tried = this.#vms.tryOut(loaded);
    const all = Array.from({ length: count + 1 }, (_, thread) =>
      tried.problem === undefined ? this.#plugin(loaded, thread) : this.#plugin(loaded, thread, tried),
    );
    const [main, ...plugins] = all;
    if (main === undefined) throw new HostError("use", "no plugin was made");
    return new Workers(plugins, main);
  }

  /** Plugins in the order in which a request passes them. */
  chain(plugins: readonly Plugin[]): Chain {
    const world: ChainWorld = {
      now: () => this.now(),
      bufferLimit: this.#options.bufferLimit ?? MIB,
      advanceToNext: (limitNs) => this.#advanceToNext(limitNs),
      fetched: () => ({
        // Another configuration is another chain.
        chain: plugins.length === 1 ? (plugins[0]?.loaded ?? plugins) : plugins,
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
    return this.#vms.sharedData(vmId);
  }

  /** What waits in a queue; undefined when no module registered it. */
  queue(vmId: string, name: string): readonly Uint8Array[] | undefined {
    return this.#world.queues.items(vmId, name);
  }

  /** Makes a host call answer with a status without doing anything, or `malloc` give no memory. */
  fail(name: HostCallName | "malloc", fault: Fault = {}): void {
    this.#world.faults.add(name, fault);
  }

  /** Makes a host call take time, in which nothing else happens: Envoy's worker waits. Only the nth from now on, if given. */
  slow(name: HostCallName | "malloc", ms: number, { nth }: Pick<Fault, "nth"> = {}): void {
    this.#world.faults.before(name, () => this.#moveTo(this.now() + BigInt(Math.round(ms * 1e6))), nth);
  }

  /** Runs something right before a host call, as another worker may come in between: in a VM other than the caller's. */
  before(name: HostCallName | "malloc", run: () => void, { nth }: Pick<Fault, "nth"> = {}): void {
    this.#world.faults.before(name, run, nth);
  }

  /** Takes back every `fail`, `slow` and `before`. */
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

  #plugin(loaded: Loaded, thread?: number, live = this.#vms.bringUp(loaded, thread)): Plugin {
    const plugin = new Plugin(live, loaded, {
      bringUp: (wanted) => this.#vms.bringUp(wanted, thread),
      tryOut: (wanted) => this.#vms.tryOut(wanted).problem,
      chainOf: (self) => this.chain([self]),
      growth: (vm, times, run) =>
        growth(
          this.#tools.meters.filter((meter) => meter.vm === vm),
          times,
          run,
        ),
    });
    this.#plugins.push(plugin);
    return plugin;
  }
}

/** Makes an in-process host. Without options its time stands still and its randomness repeats. */
export function createHost(options: HostOptions = {}): Host {
  return new Host(options);
}
