import type { FunctionType, WasmExport, WasmModule } from "../wasm/index.ts";
import { CALLBACK_NAMES, callbackOf } from "./callbacks.ts";
import type { CallbackKind } from "./callbacks.ts";
import { error, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { i32Type, typeText } from "./signature.ts";

/** The names under which Envoy looks for an allocator, in its order. */
const ALLOCATORS: readonly string[] = ["malloc", "proxy_on_memory_allocate"];
const MARKER = "proxy_abi_version_";
/** Exports with the prefix that are no callbacks. */
const OTHERS: ReadonlySet<string> = new Set(["proxy_on_memory_allocate"]);
const WORKING: ReadonlySet<CallbackKind> = new Set(["http", "tcp"]);
const WORKING_NAMES: readonly string[] = ["proxy_on_tick", "proxy_on_queue_ready", "proxy_on_log"];

/** What Envoy looks up in a module: its memory, its allocator, and callbacks of the right type. */
export function checkExports(module: WasmModule, abi: string): Finding[] {
  return [...checkMemory(module), ...checkAllocator(module), ...checkCallbacks(module, abi)];
}

/** Envoy takes the memory under any name. Without one its first access, in any host call, ends the whole process. */
function checkMemory({ exports, imports }: WasmModule): Finding[] {
  const [exported] = exports.filter(({ kind }) => kind === "memory");
  if (exported?.name === "memory") return [];
  if (exported !== undefined) {
    const message = `exports its memory as \`${exported.name}\`: Envoy finds it, and other proxies do not`;
    return [warning("export-memory", message, "export it as `memory`")];
  }
  if (imports.some(({ kind }) => kind === "memory")) return [];
  const message = "exports no memory: Envoy loads it, and crashes as a whole at its first host call";
  return [error("export-memory", message, "leave out --noExportMemory")];
}

function checkAllocator(module: WasmModule): Finding[] {
  const found = module.exports.find(({ kind, name }) => kind === "function" && ALLOCATORS.includes(name));
  if (found === undefined) {
    const fix = "compile with an SDK, which exports one; Envoy needs it to hand over a header";
    return [error("export-allocator", `exports neither ${ALLOCATORS.join(" nor ")}`, fix)];
  }
  return wrongType(module, found, i32Type(1, 1));
}

function checkCallbacks(module: WasmModule, abi: string): Finding[] {
  const exported = module.exports.filter(({ kind, name }) => kind === "function" && name.startsWith("proxy_"));
  const findings = exported
    .filter(({ name }) => !name.startsWith(MARKER) && !OTHERS.has(name))
    .flatMap((found) => {
      const known = callbackOf(found.name, abi);
      return known === undefined ? [unknownCallback(found.name)] : wrongType(module, found, known.type);
    });
  const works = exported.some(({ name }) => {
    const kind = callbackOf(name, abi)?.kind;
    return WORKING_NAMES.includes(name) || (kind !== undefined && WORKING.has(kind));
  });
  if (works || findings.length > 0) return findings;
  return [
    warning(
      "callback-none",
      "exports no callback for requests, connections, ticks or queues: it loads and does nothing",
      "override a callback in a context, and register the context",
    ),
  ];
}

function wrongType(module: WasmModule, { name, index }: WasmExport, expected: FunctionType): Finding[] {
  const actual = module.functions.find((candidate) => candidate.index === index)?.type;
  if (actual === undefined || typeText(actual) === typeText(expected)) return [];
  const message = `exports ${name} as ${typeText(actual)}; Envoy calls it as ${typeText(expected)}`;
  return [error("callback-type", message, "correct the function, or let the SDK export it")];
}

function unknownCallback(name: string): Finding {
  const near = CALLBACK_NAMES.find((known) => isNear(known, name));
  const fix = near === undefined ? undefined : `did you mean ${near}?`;
  return warning("callback-unknown", `exports ${name}, which Envoy never calls`, fix);
}

/** One of the two has all the words of the other. */
function isNear(known: string, name: string): boolean {
  const [ours, theirs] = [known.split("_"), name.split("_")];
  return isWithin(theirs, ours) || isWithin(ours, theirs);
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((word) => outer.includes(word));
}
