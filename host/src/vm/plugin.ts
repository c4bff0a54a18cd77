import type { PropertyTree } from "../abi/property.ts";
import type { RootContext, StreamContext } from "../core/contexts.ts";
import { trapText } from "../core/machine.ts";
import type { Machine } from "../core/machine.ts";
import type { Trap } from "../core/guest.ts";
import { type Header, HeaderMap } from "../core/header-map.ts";
import type { FailurePolicy } from "../core/step.ts";
import { StreamMachine } from "../core/stream-machine.ts";
import { HostError } from "../error.ts";
import { Stream } from "./stream.ts";

/** What a stream starts with. */
export interface StreamOptions {
  /** Default: `GET /` of the authority `localhost`. */
  readonly requestHeaders?: readonly Header[];
  /** Beside those that follow from the headers; these win. */
  readonly properties?: PropertyTree;
}

const DEFAULT_REQUEST: readonly Header[] = [
  [":method", "GET"],
  [":path", "/"],
  [":scheme", "http"],
  [":authority", "localhost"],
];

/** A module with a configuration, ready for streams: what Envoy has for each Wasm filter of its configuration. */
export class Plugin {
  /** Why the plugin did not come up; undefined for one that serves. Envoy rejects its configuration then. */
  readonly problem: string | undefined;
  readonly rootId: string;
  readonly #root: RootContext;
  readonly #machine: Machine;
  readonly #policy: FailurePolicy;
  readonly #streams = new Set<StreamMachine>();

  /** @private made by `host.load()` */
  constructor(machine: Machine, root: RootContext, policy: FailurePolicy, problem: string | undefined) {
    this.#machine = machine;
    this.#root = root;
    this.#policy = policy;
    this.rootId = root.rootId;
    this.problem = problem;
  }

  /** The trap that lost the VM, if one did. */
  get trap(): Trap | undefined {
    return this.#machine.failure;
  }

  /** The next tick in host time; undefined when the plugin does not tick. */
  get nextTickNs(): bigint | undefined {
    return this.#root.tickPeriodMs > 0 && this.trap === undefined ? this.#root.nextTickNs : undefined;
  }

  /** A new request. Throws HostError `use` for a plugin that did not come up. */
  stream(options: StreamOptions = {}): Stream {
    if (this.problem !== undefined) throw new HostError("use", `the plugin does not serve: ${this.problem}`);
    const context: StreamContext = {
      kind: "stream",
      id: this.#machine.vm.nextContextId(),
      root: this.#root,
      properties: options.properties ?? {},
      startNs: this.#machine.vm.world.now(),
      endNs: undefined,
      all: { requestHeaders: new HeaderMap(options.requestHeaders ?? DEFAULT_REQUEST) },
      open: {},
      requestBody: undefined,
      responseBody: undefined,
      logging: false,
      deferred: { continueRequest: false, continueResponse: false, reset: false },
    };
    const machine = new StreamMachine(this.#machine, context, this.#policy);
    this.#streams.add(machine);
    return new Stream(machine, () => this.#streams.delete(machine));
  }

  /** Fires the tick that is due. Whatever it did to streams takes effect when it returns. */
  tick(): void {
    this.#root.nextTickNs += BigInt(this.#root.tickPeriodMs) * 1_000_000n;
    const result = this.#machine.call(this.#root, "proxy_on_tick", []);
    for (const stream of this.#streams) stream.settle();
    if (!result.ok) this.#machine.vm.log(5, "host", trapText(result.trap));
  }

  /** Takes the plugin down: on_done and on_delete of its root context. */
  close(): void {
    this.#machine.call(this.#root, "proxy_on_done", []);
    this.#machine.delete(this.#root);
    this.#root.tickPeriodMs = 0;
  }
}
