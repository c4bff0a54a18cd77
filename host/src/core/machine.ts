import type { Context, RootContext, StreamContext } from "./contexts.ts";
import type { CallResult, Guest, Trap } from "./guest.ts";
import type { VmState } from "./vm-state.ts";

/** Calls a guest about one context, and keeps what Envoy keeps around every call. */
export class Machine {
  readonly vm: VmState;
  readonly #guest: Guest;
  /** The trap that ended this VM; from then on it is never called again. */
  failure: Trap | undefined;

  constructor(vm: VmState, guest: Guest) {
    this.vm = vm;
    this.#guest = guest;
  }

  /** One callback with its context in effect. After a trap nothing is called any more, and the trap is what comes back. */
  call(context: Context, name: string, args: readonly number[]): CallResult {
    if (this.failure !== undefined) return { ok: false, trap: this.failure };
    this.vm.effective = context;
    this.vm.callback = name;
    const result = this.#guest.call(name, [context.id, ...args]);
    this.vm.effective = undefined;
    this.vm.callback = "";
    if (!result.ok) this.failure = result.trap;
    return result;
  }

  /**
   * Brings a plugin up: its root context, the VM's start when it is the VM's first plugin, its configuration.
   * @returns why the plugin does not serve, if so
   */
  start(root: RootContext, first: boolean): string | undefined {
    this.vm.contexts.set(root.id, root);
    const created = this.call(root, "proxy_on_context_create", [0]);
    if (!created.ok) return trapText(created.trap);
    if (first) {
      const started = this.call(root, "proxy_on_vm_start", [this.vm.vmConfiguration.length]);
      if (!started.ok) return trapText(started.trap);
      if (started.value === 0) return "proxy_on_vm_start returned false";
    }
    const configured = this.call(root, "proxy_on_configure", [root.configuration.length]);
    if (!configured.ok) return trapText(configured.trap);
    return configured.value === 0 ? "proxy_on_configure returned false" : undefined;
  }

  /** Makes a stream's context known to the module, which Envoy does right before the stream's first callback. */
  create(stream: StreamContext): CallResult {
    this.vm.contexts.set(stream.id, stream);
    return this.call(stream, "proxy_on_context_create", [stream.root.id]);
  }

  /** The context's last callback; its id is unknown afterwards. */
  delete(context: Context): CallResult {
    const result = this.call(context, "proxy_on_delete", []);
    this.vm.contexts.delete(context.id);
    return result;
  }
}

/** A trap in one line. */
export function trapText(trap: Trap): string {
  return `${trap.callback} trapped in ${trap.function}: ${trap.message}`;
}
