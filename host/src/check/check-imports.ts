import { WASI_MODULES } from "../abi/names.ts";
import { hostCalls, legacyCalls } from "../core/calls/index.ts";
import { IMPORT_HINTS } from "../vm/imports.ts";
import { INERT_WASI } from "../vm/wasi.ts";
import type { FunctionType, WasmImport, WasmModule } from "../wasm/index.ts";
import { error, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { i32Type, importType, typeText } from "./signature.ts";

/** What Envoy registers of WASI beside those that only fail: how each is called. */
export const WASI_TYPES: Readonly<Record<string, FunctionType>> = {
  fd_write: i32Type(4, 1),
  clock_time_get: { params: ["i32", "i64", "i32"], results: ["i32"] },
  random_get: i32Type(2, 1),
  environ_get: i32Type(2, 1),
  environ_sizes_get: i32Type(2, 1),
  args_get: i32Type(2, 1),
  args_sizes_get: i32Type(2, 1),
  proc_exit: i32Type(1, 0),
};

/** Of WASI's calls that do nothing in a proxy, those that every libc calls at its start, and can do without. */
const HARMLESS: ReadonlySet<string> = new Set([
  "clock_res_get",
  "fd_close",
  "fd_fdstat_get",
  "fd_fdstat_set_flags",
  "fd_prestat_get",
  "fd_prestat_dir_name",
  "fd_read",
  "fd_seek",
  "poll_oneoff",
  "sched_yield",
]);

const EMSCRIPTEN: Readonly<Record<string, FunctionType>> = {
  pthread_equal: i32Type(2, 1),
  emscripten_notify_memory_growth: i32Type(1, 0),
};

/** Linking: Envoy has the imports, with these types. What only fails when it is called is a warning. */
export function checkImports(module: WasmModule, abi: string): Finding[] {
  return module.imports.flatMap((wanted) => checkImport(wanted, abi));
}

function checkImport(wanted: WasmImport, abi: string): Finding[] {
  const name = `${wanted.module}.${wanted.name}`;
  const hint = IMPORT_HINTS[name];
  if (wanted.kind === "memory" || wanted.kind === "table") return [notOwn(wanted.kind, name)];
  if (wanted.kind !== "function") {
    return [error("import-unknown", `imports the ${wanted.kind} ${name}; Envoy gives functions only`, hint)];
  }
  if (WASI_MODULES.includes(wanted.module) && INERT_WASI.includes(wanted.name)) {
    if (HARMLESS.has(wanted.name)) return [];
    return [warning("import-inert", `imports ${name}: Envoy links it, and every call of it fails`)];
  }
  const expected = typeOf(wanted, abi);
  if (expected === undefined) return [error("import-unknown", `imports ${name}, which Envoy does not have`, hint)];
  return wanted.type === undefined || sameType(wanted.type, expected)
    ? []
    : [
        error(
          "import-type",
          `imports ${name} as ${typeText(wanted.type)}; Envoy has it as ${typeText(expected)}`,
          "correct the declaration of the import, or take the SDK's",
        ),
      ];
}

/** Envoy makes a memory or table for every module that imports one, whatever it calls it; that is no part of the ABI. */
function notOwn(kind: "memory" | "table", name: string): Finding {
  const message = `imports the ${kind} ${name}: Envoy makes one for it, and other proxies do not`;
  return warning("import-memory", message, "leave out --importMemory and --importTable");
}

function typeOf({ module, name }: WasmImport, abi: string): FunctionType | undefined {
  if (WASI_MODULES.includes(module)) return Object.hasOwn(WASI_TYPES, name) ? WASI_TYPES[name] : undefined;
  if (module !== "env") return undefined;
  if (Object.hasOwn(EMSCRIPTEN, name)) return EMSCRIPTEN[name];
  const calls: Readonly<Record<string, Parameters<typeof importType>[0]>> =
    abi === "0.1.0" ? { ...hostCalls, ...legacyCalls } : hostCalls;
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  return call === undefined ? undefined : importType(call);
}

function sameType(one: FunctionType, other: FunctionType): boolean {
  return typeText(one) === typeText(other);
}
