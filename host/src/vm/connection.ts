import { toBytes } from "../abi/bytes.ts";
import type { ConnectionMachine, PEERS } from "../core/connection.ts";
import type { StepResult } from "../core/step.ts";
import type { StepOptions } from "./stream.ts";

/** One TCP connection through one plugin, driven step by step. */
export class Connection {
  readonly #machine: ConnectionMachine;

  /** @private made by `plugin.connection()` */
  constructor(machine: ConnectionMachine) {
    this.#machine = machine;
  }

  /** The id that the module knows it by. */
  get id(): number {
    return this.#machine.context.id;
  }

  /** Bytes that have been passed on to the server. */
  get toUpstream(): Uint8Array {
    return this.#machine.passed.upstream;
  }

  /** Bytes that have been passed on to the client. */
  get toDownstream(): Uint8Array {
    return this.#machine.passed.downstream;
  }

  /** Whether the module holds back what came from the client or from the server. */
  get paused(): { readonly downstream: boolean; readonly upstream: boolean } {
    return this.#machine.paused;
  }

  /** The module, or the loss of its VM, has closed the connection. */
  get closed(): boolean {
    return this.#machine.closed;
  }

  /** What the module has set by proxy_set_property (as `wasm.<name>`) and set_envoy_filter_state. */
  get filterState(): ReadonlyMap<string, Uint8Array> {
    return this.#machine.context.filterState;
  }

  open(): StepResult {
    return this.#machine.open();
  }

  /** Bytes from the client. More are to come by default. */
  downstream(data: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#machine.data("downstream", toBytes(data), options.endOfStream ?? false);
  }

  /** Bytes from the server. More are to come by default. */
  upstream(data: string | Uint8Array, options: StepOptions = {}): StepResult {
    return this.#machine.data("upstream", toBytes(data), options.endOfStream ?? false);
  }

  closeDownstream(by: keyof typeof PEERS = "remote"): StepResult {
    return this.#machine.closeDownstream(by);
  }

  closeUpstream(by: keyof typeof PEERS = "unknown"): StepResult {
    return this.#machine.closeUpstream(by);
  }

  /** The end: on_done and on_delete. */
  complete(): void {
    this.#machine.complete();
  }
}
