import { abiVersionOf } from "../abi/names.ts";
import type { CallResult, Guest } from "../core/guest.ts";
import type { VmState } from "../core/vm-state.ts";
import { HostError, messageOf } from "../error.ts";
import type { InstanceSlot } from "./bind.ts";
import { importsFor } from "./imports.ts";
import { initialPages } from "./initial-pages.ts";
import { Memory } from "./memory.ts";
import { toTrap } from "./trap.ts";

type Exported = (...args: readonly number[]) => unknown;

const SUPPORTED_ABI: readonly string[] = ["0.1.0", "0.2.0", "0.2.1"];

/** A module that is fit for a host, and the version of the ABI that it declares. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly abiVersion: string;
}

/** Modules that were compiled before, by their bytes: tests load the same one again and again. */
const compiled = new WeakMap<Uint8Array, { digest: string; result: Compiled }>();

/** Compiles a module, or throws HostError `module` that says what is wrong with it. */
export function compile(bytes: Uint8Array<ArrayBuffer>, digest: string): Compiled {
  const held = compiled.get(bytes);
  if (held?.digest === digest) return held.result;
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    throw new HostError("module", `no WebAssembly module: ${messageOf(error)}`, { cause: error });
  }
  const exports = WebAssembly.Module.exports(module).map((exported) => exported.name);
  const version = abiVersionOf(exports);
  if (version === undefined) {
    throw new HostError("module", "no proxy-wasm module: it exports no proxy_abi_version_0_2_1, so Envoy refuses it");
  }
  if (!SUPPORTED_ABI.includes(version)) {
    throw new HostError(
      "module",
      `proxy-wasm ABI ${version} is not supported; this host has ${SUPPORTED_ABI.join(", ")}`,
    );
  }
  refuseHugeMemory(bytes);
  const result = { module, abiVersion: version };
  compiled.set(bytes, { digest, result });
  return result;
}

/** Envoy's limit for a VM. */
const MAX_PAGES = 16_384;

/** A module that begins with more memory than a VM may have does not instantiate in Envoy. */
function refuseHugeMemory(bytes: Uint8Array): void {
  const pages = initialPages(bytes);
  if (pages === undefined || pages <= MAX_PAGES) return;
  throw new HostError("module", `the module asks for ${pages / 16} MiB of memory; Envoy gives a VM at most 1 GiB`);
}

/**
 * Makes a VM of a module: links it, and runs `_initialize` or `_start` under Envoy's restrictions. Throws HostError
 * `import` or `module`.
 */
export function instantiate(module: WebAssembly.Module, vm: VmState): Guest {
  const slot: InstanceSlot = { instance: undefined };
  const imports = importsFor(module, vm, slot);
  const guest = new WasmGuest(link(module, imports));
  const memory = guest.memory;
  slot.instance = { memory, allocate: (size) => guest.allocate(size) };
  vm.restriction = "initialize";
  const started = guest.initialize();
  vm.restriction = "none";
  if (started.ok) return guest;
  const { trap } = started;
  throw new HostError("module", `${trap.callback} trapped in ${trap.function}: ${trap.message}`);
}

function link(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw new HostError("module", `the module does not instantiate: ${messageOf(error)}`, { cause: error });
  }
}

class WasmGuest implements Guest {
  readonly #functions = new Map<string, Exported>();
  readonly memory: Memory;

  constructor(instance: WebAssembly.Instance) {
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new HostError("module", "the module exports no memory");
    this.memory = new Memory(memory);
    for (const [name, exported] of Object.entries(instance.exports)) {
      // An exported function takes and returns numbers; the ABI's callbacks have no 64-bit ones.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      if (typeof exported === "function") this.#functions.set(name, exported as Exported);
    }
  }

  call(name: string, args: readonly number[]): CallResult {
    const exported = this.#functions.get(name);
    if (exported === undefined) return { ok: true, value: undefined };
    try {
      const value = exported(...args);
      return { ok: true, value: typeof value === "number" ? value >>> 0 : undefined };
    } catch (error) {
      return { ok: false, trap: toTrap(error, name) };
    }
  }

  /** The allocator, under the name that Envoy looks for first. Its trap goes through the host call into the callback. */
  allocate(size: number): number | undefined {
    const allocator = this.#functions.get("malloc") ?? this.#functions.get("proxy_on_memory_allocate");
    const pointer = allocator?.(size);
    return typeof pointer === "number" ? pointer >>> 0 : undefined;
  }

  /** A reactor initialises and may have a main; a command only starts. */
  initialize(): CallResult {
    if (!this.#functions.has("_initialize")) return this.call("_start", []);
    const initialized = this.call("_initialize", []);
    return initialized.ok ? this.call(this.#functions.has("main") ? "main" : "__main_void", [0, 0]) : initialized;
  }
}
