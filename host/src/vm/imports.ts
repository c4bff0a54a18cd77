import { WASI_MODULES } from "../abi/names.ts";
import { hostCalls, legacyCalls } from "../core/calls/index.ts";
import type { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import { bindCall, type Import, type InstanceSlot } from "./bind.ts";
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

/** All imports of a module. Throws HostError `import` that names each one that Envoy would not link either. */
export function importsFor(module: WebAssembly.Module, vm: VmState, slot: InstanceSlot): WebAssembly.Imports {
  const known: Record<string, Readonly<Record<string, Import>>> = { env: envImports(vm, slot) };
  for (const name of WASI_MODULES) known[name] = wasiImports(vm, slot);
  const unknown = WebAssembly.Module.imports(module)
    .filter((wanted) => wanted.kind !== "function" || !Object.hasOwn(known[wanted.module] ?? {}, wanted.name))
    .map((wanted) => `${wanted.module}.${wanted.name}`);
  if (unknown.length === 0) return known;
  const list = unknown
    .map((name) => (IMPORT_HINTS[name] === undefined ? name : `${name} (${IMPORT_HINTS[name]})`))
    .join(", ");
  throw new HostError("import", `the module imports what no proxy-wasm ${vm.abiVersion} host has: ${list}`);
}

/** By name what a module of that version of the ABI may import; 0.1.0 has calls of its own. */
function envImports(vm: VmState, slot: InstanceSlot): Readonly<Record<string, Import>> {
  const calls = { ...hostCalls, ...(vm.abiVersion === "0.1.0" ? legacyCalls : {}) };
  const bound = Object.entries(calls).map(([name, call]): [string, Import] => [name, bindCall(name, call, vm, slot)]);
  return {
    ...Object.fromEntries(bound),
    pthread_equal: (one, other) => (one === other ? 1 : 0),
    emscripten_notify_memory_growth: () => 0,
  };
}
