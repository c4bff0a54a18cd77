import { type ASUtil, instantiateSync } from "@assemblyscript/loader";
import type { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import type { Compiled } from "./compile.ts";

/** A module's strings, arrays and objects for tests: `@assemblyscript/loader` on the instance that the host runs. */
export type Loader = ASUtil & Record<string, unknown>;

const loaders = new WeakMap<VmState, Loader>();

/** What AssemblyScript's `--exportRuntime` adds, and the loader needs. */
export const RUNTIME: readonly string[] = ["__new", "__pin", "__unpin", "__collect", "__rtti_base"];

/** An instance of a module; one with an exported runtime is made by the loader, which has no other way in. */
export function newInstance(compiled: Compiled, imports: WebAssembly.Imports, vm: VmState): WebAssembly.Instance {
  if (!compiled.hasRuntime) return new WebAssembly.Instance(compiled.module, imports);
  // The loader adds imports of its own to those of `env`, which no module that got here has.
  const { instance, exports } = instantiateSync<Record<string, unknown>>(compiled.module, withOwnEnv(imports));
  loaders.set(vm, exports);
  return instance;
}

function withOwnEnv(imports: WebAssembly.Imports): Record<string, Record<string, unknown>> {
  return { ...imports, env: { ...imports["env"] } };
}

/** The loader of a VM. Throws HostError `use` for a module that was built without its runtime exported. */
export function loaderOf(vm: VmState): Loader {
  const loader = loaders.get(vm);
  if (loader !== undefined) return loader;
  throw new HostError("use", "the module's strings and objects are not accessible: build it with --exportRuntime");
}
