import { WASI_MODULES } from "../abi/names.ts";
import { Status } from "../abi/numbers.ts";
import { hostCalls, legacyCalls } from "../core/calls/index.ts";
import type { HostCall } from "../core/host-call.ts";
import type { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import { bindCall, type Import, type InstanceSlot } from "./bind.ts";
import type { GivenMemories } from "./memories.ts";
import { wasiImports } from "./wasi.ts";

/** Names that look like a host's but that no 0.2.1 host has, each with the way out. */
export const IMPORT_HINTS: Readonly<Record<string, string>> = {
  "env.abort": "AssemblyScript's own abort: compile with --use abort= or with the SDK's transform, which sets it",
  "env.seed": "AssemblyScript's Math.random(): use the SDK's randomU64()",
  "env.Date.now": "AssemblyScript's Date.now(): use the SDK's nowNanoseconds()",
  "env.trace": "AssemblyScript's trace(): use the SDK's log()",
  "env.console.log": "AssemblyScript's console.log(): use the SDK's log()",
  "env.proxy_clear_route_cache": "gone since ABI 0.2.0: in Envoy it is the foreign function clear_route_cache",
  "env.proxy_get_configuration": "gone since ABI 0.2.0: read the buffer PluginConfiguration",
  "env.proxy_continue_request": "gone since ABI 0.2.0: proxy_continue_stream",
  "env.proxy_continue_response": "gone since ABI 0.2.0: proxy_continue_stream",
};

/** Functions by module and name. */
type Known = Record<string, Readonly<Record<string, Import>>>;

/** All imports of a module. Throws HostError `import` that names each one that Envoy would not link either. */
export function importsFor(
  module: WebAssembly.Module,
  given: GivenMemories,
  vm: VmState,
  slot: InstanceSlot,
): WebAssembly.Imports {
  const known: Known = { env: envImports(vm, slot) };
  for (const name of WASI_MODULES) known[name] = wasiImports(vm, slot);
  const unknown = WebAssembly.Module.imports(module)
    .filter(({ module: from, name, kind }) =>
      kind === "function" ? !Object.hasOwn(known[from] ?? {}, name) : !Object.hasOwn(given[from] ?? {}, name),
    )
    .map((wanted) => `${wanted.module}.${wanted.name}`);
  if (unknown.length === 0) return merged(known, given);
  if (!vm.world.asEnvoy.unknownImportsRefused) {
    return merged(withUnknown(known, module, vm, slot), given);
  }
  const list = unknown
    .map((name) => (IMPORT_HINTS[name] === undefined ? name : `${name} (${IMPORT_HINTS[name]})`))
    .join(", ");
  throw new HostError("import", `the module imports what no proxy-wasm ${vm.abiVersion} host has: ${list}`);
}

/** With the calls of ABI 0.1.0, and for what no host has a function that says so. */
function withUnknown(known: Known, module: WebAssembly.Module, vm: VmState, slot: InstanceSlot): Known {
  const legacy = bindAll(legacyCalls, vm, slot);
  const all: Record<string, Record<string, Import>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") continue;
    const own = known[from]?.[name] ?? (from === "env" ? legacy[name] : undefined);
    (all[from] ??= {})[name] = own ?? ((): number => unimplemented(vm, `${from}.${name}`));
  }
  return all;
}

function merged(known: Known, given: WebAssembly.Imports): WebAssembly.Imports {
  const all: WebAssembly.Imports = { ...known };
  for (const [from, names] of Object.entries(given)) all[from] = { ...all[from], ...names };
  return all;
}

function unimplemented(vm: VmState, name: string): number {
  vm.explain(`${name} is no call of a proxy-wasm host: Unimplemented (12)`);
  return Status.Unimplemented;
}

function bindAll(
  calls: Readonly<Record<string, HostCall>>,
  vm: VmState,
  slot: InstanceSlot,
): Readonly<Record<string, Import>> {
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, bindCall(name, call, vm, slot)]));
}

/** By name what a module of that version of the ABI may import; 0.1.0 has calls of its own. */
function envImports(vm: VmState, slot: InstanceSlot): Readonly<Record<string, Import>> {
  const calls = { ...hostCalls, ...(vm.abiVersion === "0.1.0" ? legacyCalls : {}) };
  return {
    ...bindAll(calls, vm, slot),
    pthread_equal: (one, other) => (one === other ? 1 : 0),
    emscripten_notify_memory_growth: () => 0,
  };
}
