import type { Context, RootContext } from "./contexts.ts";
import type { CallResult, Guest, Trap } from "./guest.ts";
import type { VmState } from "./vm-state.ts";

/** Calls a guest about one context, and keeps what Envoy keeps around every call. */
export class Machine {
  readonly vm: VmState;
  readonly #guest: Guest;
  /** The trap that ended this VM; from then on it is never called again. */
  failure: Trap | undefined;
  /** Host time of the VM's start, from which a reload counts its back-off. */
  readonly startedNs: bigint;

  constructor(vm: VmState, guest: Guest) {
    this.vm = vm;
    this.#guest = guest;
    this.startedNs = vm.world.now();
    vm.invoke = (context, name, args) => this.call(context, name, args);
  }

  /**
   * One callback with its context in effect, and then what the module has put off. After a trap nothing is called any more,
   * and the trap is what comes back.
   */
  call(context: Context, name: string, args: readonly number[]): CallResult {
    if (this.failure !== undefined) return { ok: false, trap: this.failure };
    const { vm } = this;
    // What a plugin may not do is not asked of it either.
    if (vm.allowedCapabilities?.includes(name) === false) return { ok: true, value: undefined };
    vm.current = context;
    vm.effective = context;
    vm.callback = name;
    const result = this.#guest.call(name, context.id, args);
    vm.current = undefined;
    vm.effective = undefined;
    vm.callback = "";
    this.failure = result.ok ? vm.lost : result.trap;
    if (vm.afterCall.length > 0) {
      const actions = vm.afterCall;
      vm.afterCall = [];
      for (const action of actions) action();
    }
    return vm.lost === undefined ? result : { ok: false, trap: vm.lost };
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
    return this.configure(root);
  }

  /** Hands a plugin its configuration. */
  configure(root: RootContext): string | undefined {
    const valid = this.call(root, "proxy_validate_configuration", [root.configuration.length]);
    if (!valid.ok) return trapText(valid.trap);
    if (valid.value === 0) return "proxy_validate_configuration returned false";
    const configured = this.call(root, "proxy_on_configure", [root.configuration.length]);
    if (!configured.ok) return trapText(configured.trap);
    return configured.value === 0 ? "proxy_on_configure returned false" : undefined;
  }

  /** Makes a context of a plugin known to the module, which Envoy does right before its first callback. */
  create(context: Exclude<Context, RootContext>): CallResult {
    this.vm.contexts.set(context.id, context);
    return this.call(context, "proxy_on_context_create", [context.root.id]);
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
