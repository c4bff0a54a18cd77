import type { PropertyTree } from "../abi/property.ts";
import { LogLevel } from "../abi/numbers.ts";
import { ConnectionMachine } from "../core/connection.ts";
import type { RootContext, SharedStream, StreamEffects } from "../core/contexts.ts";
import type { Trap } from "../core/guest.ts";
import { HttpFilter } from "../core/http-filter.ts";
import { type Machine, trapText } from "../core/machine.ts";
import type { FailurePolicy } from "../core/step.ts";
import { HostError } from "../error.ts";
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

/** How a plugin is led. */
export interface PluginOptions {
  readonly policy: FailurePolicy;
  readonly stopsHeadersOnly: boolean;
  readonly reloadBackoffMs: number;
  /** Makes a new VM in the place of a lost one. */
  readonly reload: () => Live;
  readonly chainOf: (plugin: Plugin) => Chain;
  /** What it was made of. */
  readonly loaded: Fetched["filters"][number];
}

/** Until the stream's chain puts its own there. */
const NO_EFFECTS: StreamEffects = { goOn: () => {}, reply: () => {}, reset: () => {} };

/** A module with a configuration, ready for streams: what Envoy has for each Wasm filter of its configuration. */
export class Plugin {
  readonly #options: PluginOptions;
  #live: Live;

  /** @private made by `host.load()` */
  constructor(live: Live, options: PluginOptions) {
    this.#live = live;
    this.#options = options;
  }

  /** Why the plugin did not come up; undefined for one that serves. Envoy rejects its configuration then. */
  get problem(): string | undefined {
    return this.#live.problem;
  }

  /** @private what it was made of */
  get loaded(): Fetched["filters"][number] {
    return this.#options.loaded;
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

  /** The next tick in host time; undefined when the plugin does not tick. */
  get nextTickNs(): bigint | undefined {
    const { root } = this.#live;
    return root.tickPeriodMs > 0 && this.trap === undefined ? root.nextTickNs : undefined;
  }

  /** A new request through this plugin alone. Throws HostError `use` for a plugin that did not come up. */
  stream(options: StreamOptions = {}): Stream {
    return this.#options.chainOf(this).stream(options);
  }

  /** One request through this plugin alone, as `chain.fetch`. */
  fetch(request: Request, options: FetchOptions = {}): Promise<Response> {
    return this.#options.chainOf(this).fetch(request, options);
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
    return new Connection(new ConnectionMachine(machine, context, this.#options.policy));
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
      this.#options.policy,
      this.#options.stopsHeadersOnly,
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

  /** Takes the plugin down: on_done of its root context, and on_delete when that does not put it off until proxy_done. */
  close(): void {
    const { machine, root } = this.#live;
    root.tickPeriodMs = 0;
    root.ending = true;
    const done = machine.call(root, "proxy_on_done", []);
    if (done.ok && done.value === 0) return;
    root.ending = false;
    machine.delete(root);
    this.#warnOfLeaks();
  }

  /** The VM for what comes next: with `reload`, a new one once a lost one's back-off is over. */
  #current(): Live {
    const { machine } = this.#live;
    const backoffNs = BigInt(Math.round(this.#options.reloadBackoffMs * 1e6));
    const due = machine.vm.world.now() >= machine.startedNs + backoffNs;
    if (this.#options.policy === "reload" && machine.failure !== undefined && due) this.#live = this.#options.reload();
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
