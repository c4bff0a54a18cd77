import type { PropertyTree } from "../abi/property.ts";
import { LogLevel } from "../abi/numbers.ts";
import { ConnectionMachine } from "../core/connection.ts";
import type { RootContext, SharedStream, StreamEffects } from "../core/contexts.ts";
import type { Trap } from "../core/guest.ts";
import { HttpFilter } from "../core/http-filter.ts";
import { type Machine, trapText } from "../core/machine.ts";
import type { FailurePolicy } from "../core/step.ts";
import type { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import type { Growth } from "../observe/index.ts";
import type { Chain, StreamOptions } from "./chain.ts";
import { Connection } from "./connection.ts";
import type { Fetched } from "./fetch-observer.ts";
import type { FetchOptions } from "./fetch.ts";
import { type Loader, loaderOf } from "./loader.ts";
import type { Stream } from "./stream.ts";

/** A plugin in a VM; a reload makes another one. */
export interface Live {
  readonly machine: Machine;
  readonly root: RootContext;
  /** Why the plugin did not come up. */
  readonly problem: string | undefined;
}

/** What a plugin is made of. */
export type Loaded = Fetched["filters"][number];

/** What a plugin needs of its host. */
export interface PluginWorld {
  /** Brings it up in the VM that it shares, or in a new one in the place of a lost one. */
  readonly bringUp: (loaded: Loaded) => Live;
  /** Brings it up in a VM of its own that is thrown away; gives what it refused with. */
  readonly tryOut: (loaded: Loaded) => string | undefined;
  readonly chainOf: (plugin: Plugin) => Chain;
  readonly growth: (vm: VmState, times: number, run: () => unknown) => Promise<Growth>;
}

const DEFAULT_BACKOFF_MS = 1000;

/** Until the stream's chain puts its own there. */
const NO_EFFECTS: StreamEffects = { goOn: () => {}, reply: () => {}, reset: () => {} };

/** A module with a configuration, ready for streams: what Envoy has for each Wasm filter of its configuration. */
export class Plugin {
  readonly #world: PluginWorld;
  #loaded: Loaded;
  #live: Live;

  /** @private made by `host.load()` */
  constructor(live: Live, loaded: Loaded, world: PluginWorld) {
    this.#live = live;
    this.#loaded = loaded;
    this.#world = world;
  }

  /** Why the plugin did not come up; undefined for one that serves. Envoy rejects its configuration then. */
  get problem(): string | undefined {
    return this.#live.problem;
  }

  /** @private what it was made of */
  get loaded(): Loaded {
    return this.#loaded;
  }

  get rootId(): string {
    return this.#live.root.rootId;
  }

  /** The trap that lost the VM, if one did and no new one is up. */
  get trap(): Trap | undefined {
    return this.#live.machine.failure;
  }

  /** Strings, arrays and objects of the module's memory. Throws HostError `use` without AssemblyScript's `--exportRuntime`. */
  get loader(): Loader {
    return loaderOf(this.#live.machine.vm);
  }

  /** By how much the VM grows over so many runs, after a tenth as many that warm up. */
  growth(times: number, run: () => unknown): Promise<Growth> {
    return this.#world.growth(this.#live.machine.vm, times, run);
  }

  /** The next tick in host time; undefined when the plugin does not tick. */
  get nextTickNs(): bigint | undefined {
    const { root, problem } = this.#live;
    return root.tickPeriodMs > 0 && problem === undefined && this.trap === undefined ? root.nextTickNs : undefined;
  }

  /** A new request through this plugin alone. Throws HostError `use` for a plugin that did not come up. */
  stream(options: StreamOptions = {}): Stream {
    return this.#world.chainOf(this).stream(options);
  }

  /** One request through this plugin alone, as `chain.fetch`. */
  fetch(request: Request, options: FetchOptions = {}): Promise<Response> {
    return this.#world.chainOf(this).fetch(request, options);
  }

  /** A new TCP connection. Throws HostError `use` for a plugin that did not come up. */
  connection(options: { readonly properties?: PropertyTree } = {}): Connection {
    if (this.problem !== undefined) throw new HostError("use", `the plugin does not serve: ${this.problem}`);
    const { machine, root } = this.#current();
    const context = {
      kind: "connection",
      id: machine.vm.nextContextId(),
      root,
      properties: options.properties ?? {},
      startNs: machine.vm.world.now(),
      filterState: new Map<string, Uint8Array>(),
      downstream: undefined,
      upstream: undefined,
      logging: false,
      effects: { goOnReading: () => {}, close: () => {} },
    } as const;
    return new Connection(new ConnectionMachine(machine, context, this.#policy));
  }

  /** @private a filter of a new stream */
  filter(shared: SharedStream, properties: PropertyTree): HttpFilter {
    const { machine, root } = this.#current();
    return new HttpFilter(
      machine,
      {
        kind: "stream",
        id: machine.vm.nextContextId(),
        root,
        properties,
        shared,
        open: {},
        requestBody: undefined,
        responseBody: undefined,
        holdsRequestBody: false,
        logging: false,
        endOfStream: false,
        effects: NO_EFFECTS,
      },
      this.#policy,
      this.#loaded.allowOnHeadersStopIteration ?? false,
    );
  }

  /** Fires the tick that is due. */
  tick(): void {
    const { machine, root } = this.#live;
    root.nextTickNs += BigInt(root.tickPeriodMs) * 1_000_000n;
    const result = machine.call(root, "proxy_on_tick", []);
    if (!result.ok) machine.vm.log(LogLevel.Critical, "host", trapText(result.trap));
  }

  /** Calls the module's proxy_on_foreign_function, as a host function that answers later would. */
  foreignCall(functionId: number, argument: Uint8Array): void {
    const { machine, root } = this.#live;
    root.received = { callData: argument };
    machine.call(root, "proxy_on_foreign_function", [functionId, argument.length]);
    root.received = {};
  }

  /**
   * Takes a new configuration, as a proxy whose control plane sends one: a canary VM is tried first, and when that refuses
   * it, the plugin serves on with the old one. Else a new root context takes over, and the old one ends.
   * @returns why it was refused
   */
  update(configuration: string | Uint8Array): string | undefined {
    const problem = this.#world.tryOut({ ...this.#loaded, configuration });
    if (problem === undefined) this.take(configuration);
    return problem;
  }

  /** @private takes a configuration that a canary VM has accepted */
  take(configuration: string | Uint8Array): void {
    const old = this.#live;
    this.#loaded = { ...this.#loaded, configuration };
    this.#live = this.#world.bringUp(this.#loaded);
    if (old.problem === undefined && old.machine.failure === undefined) end(old);
  }

  /** Takes the plugin down: on_done of its root context, and on_delete when that does not put it off until proxy_done. */
  close(): void {
    if (end(this.#live)) this.#warnOfLeaks();
  }

  get #policy(): FailurePolicy {
    return this.#loaded.failurePolicy ?? "closed";
  }

  /** The VM for what comes next: with `reload`, a new one once a lost one's back-off is over. */
  #current(): Live {
    const { machine } = this.#live;
    const backoffNs = BigInt(Math.round((this.#loaded.reloadBackoffMs ?? DEFAULT_BACKOFF_MS) * 1e6));
    const due = machine.vm.world.now() >= machine.startedNs + backoffNs;
    if (this.#policy === "reload" && machine.failure !== undefined && due) {
      this.#live = this.#world.bringUp(this.#loaded);
    }
    return this.#live;
  }

  #warnOfLeaks(): void {
    const { machine, root } = this.#live;
    const leaked = [...machine.vm.contexts.values()].filter(
      (context) => context.kind !== "root" && context.root === root,
    );
    if (leaked.length === 0) return;
    const ids = leaked.map((context) => context.id).join(", ");
    machine.vm.misuse("leaked-context", `the plugin was closed while contexts ${ids} were still open`, root);
  }
}

/** A root context's end: its on_done, and its on_delete when that does not put it off, which is false. */
function end({ machine, root }: Live): boolean {
  root.tickPeriodMs = 0;
  root.ending = true;
  const done = machine.call(root, "proxy_on_done", []);
  if (done.ok && done.value === 0) return false;
  root.ending = false;
  machine.delete(root);
  return true;
}
