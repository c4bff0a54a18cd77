import { concat } from "../abi/bytes.ts";
import type { ConnectionContext } from "./contexts.ts";
import type { CallResult, Trap } from "./guest.ts";
import type { Machine } from "./machine.ts";
import type { FailurePolicy, StepResult } from "./step.ts";

/** What a module may ask for about a connection, after its callback. */
export interface ConnectionEffects {
  goOnReading(): void;
  close(): void;
}

/** Who closed a connection: proxy_on_downstream_connection_close's argument. */
export const PEERS = { unknown: 0, local: 1, remote: 2 } as const;

/** One TCP connection through one network filter: bytes that a filter holds back are shown again with the next ones. */
export class ConnectionMachine {
  readonly context: ConnectionContext;
  readonly #machine: Machine;
  readonly #policy: FailurePolicy;
  readonly passed: Record<"downstream" | "upstream", Uint8Array> = {
    downstream: new Uint8Array(0),
    upstream: new Uint8Array(0),
  };
  closed = false;
  #held = { downstream: new Uint8Array(0) as Uint8Array, upstream: new Uint8Array(0) as Uint8Array };
  #paused = { downstream: false, upstream: false };
  #open = false;
  #bypassed = false;

  constructor(machine: Machine, context: ConnectionContext, policy: FailurePolicy) {
    this.#machine = machine;
    this.context = context;
    this.#policy = policy;
    context.effects = { goOnReading: () => this.#goOn(), close: () => (this.closed = true) };
  }

  open(): StepResult {
    this.#open = true;
    const created = this.#machine.create(this.context);
    if (!created.ok) return this.#failed(created.trap);
    const result = this.#machine.call(this.context, "proxy_on_new_connection", []);
    this.#paused.downstream = result.ok && (result.value ?? 0) !== 0;
    return this.#step(result);
  }

  /** Bytes from the client (`downstream`) or from the server (`upstream`). */
  data(from: "downstream" | "upstream", chunk: Uint8Array, endOfStream: boolean): StepResult {
    if (this.closed) return { action: "pause" };
    const slot = { bytes: concat(this.#held[from], chunk) };
    if (this.#bypassed || !this.#open) return this.#pass(from, slot.bytes, { ok: true, value: undefined });
    this.context[from] = slot;
    const args = [slot.bytes.length, endOfStream ? 1 : 0];
    const result = this.#machine.call(this.context, `proxy_on_${from}_data`, args);
    const step = this.#afterData(from, slot.bytes, result);
    if (from === "upstream" && endOfStream) this.closeUpstream("unknown");
    return step;
  }

  closeDownstream(by: keyof typeof PEERS): StepResult {
    return this.#step(this.#machine.call(this.context, "proxy_on_downstream_connection_close", [PEERS[by]]));
  }

  closeUpstream(by: keyof typeof PEERS): StepResult {
    return this.#step(this.#machine.call(this.context, "proxy_on_upstream_connection_close", [PEERS[by]]));
  }

  /** The connection's end, in the order that Envoy's network filters see: on_done, on_log, on_delete. */
  complete(): void {
    if (!this.#open) return;
    this.#open = false;
    this.context.logging = true;
    this.#machine.call(this.context, "proxy_on_done", []);
    this.#machine.call(this.context, "proxy_on_log", []);
    this.#machine.delete(this.context);
  }

  get paused(): { readonly downstream: boolean; readonly upstream: boolean } {
    return this.#paused;
  }

  #afterData(from: "downstream" | "upstream", bytes: Uint8Array, result: CallResult): StepResult {
    if (!result.ok && this.#policy !== "open") return this.#failed(result.trap);
    this.#bypassed ||= !result.ok;
    // What came with the callback that closed the connection goes no further.
    if (this.closed) return this.#step(result);
    if (result.ok && (result.value ?? 0) !== 0) {
      this.#held[from] = bytes;
      this.#paused[from] = true;
      return this.#step(result);
    }
    return this.#pass(from, bytes, result);
  }

  #pass(from: "downstream" | "upstream", bytes: Uint8Array, result: CallResult): StepResult {
    this.#held[from] = new Uint8Array(0);
    this.#paused[from] = false;
    this.context[from] = undefined;
    const to = from === "downstream" ? "upstream" : "downstream";
    this.passed[to] = concat(this.passed[to], bytes);
    return this.#step(result);
  }

  #goOn(): void {
    if (this.#paused.downstream) this.#pass("downstream", this.#held.downstream, { ok: true, value: undefined });
  }

  #step(result: CallResult): StepResult {
    if (!result.ok) return this.#failed(result.trap);
    const goesOn = !this.closed && (result.value ?? 0) === 0;
    return {
      action: goesOn ? "continue" : "pause",
      ...(result.value === undefined ? {} : { returned: result.value }),
      ...(this.closed ? { reset: true } : {}),
    };
  }

  /** A lost VM closes its connections, unless it fails open. */
  #failed(trap: Trap): StepResult {
    if (this.#policy === "open") {
      this.#bypassed = true;
      return { action: "continue", trap };
    }
    this.closed = true;
    return { action: "pause", trap };
  }
}
