import { createHash } from "node:crypto";
import { toBytes } from "../abi/bytes.ts";
import type { LogLevel } from "../abi/numbers.ts";
import { rootContext } from "../core/contexts.ts";
import { Machine } from "../core/machine.ts";
import { SharedData } from "../core/shared-data.ts";
import { VmState, type World } from "../core/vm-state.ts";
import { compile } from "./compile.ts";
import { instantiate } from "./instantiate.ts";
import type { Live, Loaded } from "./plugin.ts";
import type { Tools } from "./tools.ts";

/** The VMs of a host: which plugins share one, which are made anew, which are only tried. */
export class Vms {
  readonly #world: World;
  readonly #tools: Tools;
  readonly #logLevel: LogLevel;
  readonly #machines = new Map<string, Machine>();
  readonly #shared = new Map<string, SharedData>();

  constructor(world: World, tools: Tools, logLevel: LogLevel) {
    this.#world = world;
    this.#tools = tools;
    this.#logLevel = logLevel;
  }

  /** What modules of a vm_id share by key. */
  sharedData(vmId: string): SharedData {
    const held = this.#shared.get(vmId) ?? new SharedData();
    this.#shared.set(vmId, held);
    return held;
  }

  /** Brings a plugin up in the VM that it shares, or in a new one. @param thread whose VMs; undefined outside `workers` */
  bringUp(loaded: Loaded, thread?: number): Live {
    const { machine, first } = this.#machineFor(loaded, thread);
    return start(machine, loaded, first);
  }

  /** Brings a plugin up in a VM that is thrown away: what it has logged, counted and shared stays. */
  tryOut(loaded: Loaded): Live {
    const live = start(this.make(loaded), loaded, true);
    // What it has begun comes to nobody.
    live.machine.vm.contexts.clear();
    return live;
  }

  /** The VM for these bytes: one that runs already and may be shared, else a new one. A lost VM is never shared. */
  #machineFor(loaded: Loaded, thread: number | undefined): { machine: Machine; first: boolean } {
    const { vmId = "", vmConfiguration = "", environment, allowedCapabilities, wasm } = loaded;
    const key = JSON.stringify([
      thread,
      vmId,
      digestOf(wasm),
      [...toBytes(vmConfiguration)],
      environment,
      allowedCapabilities,
    ]);
    const held = this.#machines.get(key);
    if (held !== undefined && held.failure === undefined) return { machine: held, first: false };
    const machine = this.make(loaded);
    this.#machines.set(key, machine);
    return { machine, first: true };
  }

  /** A VM of its own, initialised. Throws HostError `module` or `import`. */
  make({ wasm, vmId = "", vmConfiguration = "", environment = {}, allowedCapabilities }: Loaded): Machine {
    const compiled = compile(wasm, digestOf(wasm), this.#tools);
    const vm = new VmState(this.#world, {
      vmId,
      shared: this.sharedData(vmId),
      vmConfiguration: toBytes(vmConfiguration),
      logLevel: this.#logLevel,
      abiVersion: compiled.abiVersion,
      environment,
      ...(allowedCapabilities === undefined ? {} : { allowedCapabilities }),
    });
    return new Machine(vm, instantiate(compiled, vm, this.#tools));
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Makes a plugin's root context in a VM, and configures it. */
function start(machine: Machine, { name = "", rootId = "", configuration = "" }: Loaded, first: boolean): Live {
  const root = rootContext(machine.vm.nextContextId(), name, rootId, toBytes(configuration));
  return { machine, root, problem: machine.start(root, first) };
}
