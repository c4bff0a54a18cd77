import { abiVersionOf } from "../abi/names.ts";
import { HostError, messageOf } from "../error.ts";
import { instrument, type Instrumented, type InstrumentOptions } from "../instrument/index.ts";
import type { SourceMap } from "../source-map/index.ts";
import { sourceMapOf } from "../source-map/sources.ts";
import { readModule, type WasmModule } from "../wasm/index.ts";
import { RUNTIME } from "./loader.ts";
import { MAX_PAGES as ENVOY_PAGES, type Tools } from "./tools.ts";

const SUPPORTED_ABI: readonly string[] = ["0.1.0", "0.2.0", "0.2.1"];

/** A module that is fit for a host. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  /** The version of the ABI that it declares. */
  readonly abiVersion: string;
  /** As it was before anything was built into it; undefined when it could not be read. */
  readonly source: WasmModule | undefined;
  readonly sourceMap: SourceMap | undefined;
  /** What was built into it; a text says why nothing was. */
  readonly built: Instrumented | string;
  /** AssemblyScript's runtime is among its exports. */
  readonly hasRuntime: boolean;
  /** The limit that is built in. */
  readonly instructions: number;
}

/** Modules that were compiled before, by their bytes: tests load the same one again and again. */
const compiled = new WeakMap<Uint8Array, { key: string; result: Compiled }>();

/**
 * Compiles a module with its meters built in, or throws HostError `module` that says what is wrong with it.
 * @param digest tells whether the bytes are still those that were compiled before
 */
export function compile(bytes: Uint8Array<ArrayBuffer>, digest: string, tools: Tools): Compiled {
  const { instructions, maxPages, coverage } = tools;
  const key = `${digest} ${instructions} ${maxPages} ${coverage !== undefined}`;
  const held = compiled.get(bytes);
  if (held?.key === key) return held.result;
  const sourceMap = sourceMapOf(bytes);
  const read = readModule(bytes);
  const source = read.ok ? read : undefined;
  if (source !== undefined) refuseHugeMemory(source, maxPages);
  const options: InstrumentOptions = {
    fuel: instructions,
    maxPages,
    allocations: true,
    coverage:
      coverage === undefined || sourceMap === undefined ? undefined : { map: sourceMap, wanted: coverage.wants },
  };
  const { module, built } = build(bytes, read.ok ? instrument(read, options) : { ok: false, reason: read.error });
  const names = WebAssembly.Module.exports(module).map((exported) => exported.name);
  const hasRuntime = RUNTIME.every((name) => names.includes(name));
  const result = { module, abiVersion: supportedAbi(names), source, sourceMap, built, hasRuntime, instructions };
  compiled.set(bytes, { key, result });
  return result;
}

/** The engine's module, with the meters where they could be built in. */
function build(
  bytes: Uint8Array<ArrayBuffer>,
  made: ReturnType<typeof instrument>,
): { module: WebAssembly.Module; built: Instrumented | string } {
  try {
    if (made.ok) return { module: new WebAssembly.Module(made.bytes), built: made };
  } catch {
    // Most likely it was invalid to begin with; the engine's words about the original are the better ones.
  }
  try {
    const built = made.ok ? "the engine does not take the module with meters" : made.reason;
    return { module: new WebAssembly.Module(bytes), built };
  } catch (error) {
    throw new HostError("module", `no WebAssembly module: ${messageOf(error)}`, { cause: error });
  }
}

function supportedAbi(exports: readonly string[]): string {
  const version = abiVersionOf(exports);
  if (version === undefined) {
    throw new HostError("module", "no proxy-wasm module: it exports no proxy_abi_version_0_2_1, so Envoy refuses it");
  }
  if (SUPPORTED_ABI.includes(version)) return version;
  const known = SUPPORTED_ABI.join(", ");
  throw new HostError("module", `proxy-wasm ABI ${version} is not supported; this host has ${known}`);
}

/** A module that begins with more memory than a VM may have does not instantiate in Envoy. */
function refuseHugeMemory({ memories }: WasmModule, maxPages: number): void {
  const pages = Math.max(0, ...memories.map(({ min }) => min));
  if (pages <= maxPages) return;
  const given = maxPages === ENVOY_PAGES ? "Envoy gives a VM at most 1 GiB" : `its limit is ${maxPages / 16} MiB`;
  throw new HostError("module", `the module asks for ${pages / 16} MiB of memory; ${given}`);
}
