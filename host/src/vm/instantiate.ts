import type { Guest } from "../core/guest.ts";
import type { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import type { InstanceSlot } from "./bind.ts";
import type { Compiled } from "./compile.ts";
import { importsFor } from "./imports.ts";
import { newInstance } from "./loader.ts";
import type { Tools } from "./tools.ts";
import { toTrap } from "./trap.ts";
import { WasmGuest } from "./wasm-guest.ts";

/**
 * Makes a VM of a module: links it, and runs `_initialize` or `_start` under Envoy's restrictions. Throws HostError
 * `import` or `module`.
 */
export function instantiate(compiled: Compiled, vm: VmState, tools: Tools): Guest {
  const slot: InstanceSlot = { instance: undefined, tools };
  const imports = importsFor(compiled.module, vm, slot);
  const guest = new WasmGuest(link(compiled, imports, vm), compiled, vm, tools);
  slot.instance = guest;
  vm.charge = (bytes) => guest.charge(bytes);
  if (typeof compiled.built === "string") {
    vm.explain(
      `a callback that loops for ever is not stopped, since the module could not be metered: ${compiled.built}`,
    );
  }
  vm.restriction = "initialize";
  const started = guest.initialize();
  vm.restriction = "none";
  if (started.ok) return guest;
  const { trap } = started;
  throw new HostError("module", `${trap.callback} trapped in ${trap.function}: ${trap.message}`);
}

function link(compiled: Compiled, imports: WebAssembly.Imports, vm: VmState): WebAssembly.Instance {
  try {
    return newInstance(compiled, imports, vm);
  } catch (error) {
    const { message } = toTrap(error, "the start section", compiled);
    throw new HostError("module", `the module does not instantiate: ${message}`, { cause: error });
  }
}
