import { HOST_CALLS, WASI_CALLS, WASI_MODULES } from "./host-calls.ts";
import type { BuildDiagnostic } from "./result.ts";
import { WasmModule } from "./webassembly.ts";

const ABI_MARKER = "proxy_abi_version_0_2_1";
/** Without one of these the host can hand over no result. */
const ALLOCATORS = ["malloc", "proxy_on_memory_allocate"];

/** Imports that AssemblyScript makes of ordinary code, with what to write instead. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ["env.abort", 'compile with "use": ["abort="], as asconfig.json does'],
  ["env.seed", "use randomU64() in place of Math.random()"],
  ["env.trace", "use log() in place of trace()"],
  ["env.Date.now", "use nowNanoseconds() in place of Date.now()"],
  ["env.console.log", "use log() in place of console.log()"],
]);

/** Checks that Envoy can load a module: only calls that it knows, the ABI's marker, memory. Empty when it can. */
export function checkModule(binary: Uint8Array): BuildDiagnostic[] {
  let module: object;
  try {
    module = new WasmModule(binary);
  } catch (error) {
    return [problem(`not a WebAssembly module: ${error instanceof Error ? error.message : String(error)}`)];
  }
  return [...checkImports(module), ...checkExports(module)];
}

function checkImports(module: object): BuildDiagnostic[] {
  return WasmModule.imports(module)
    .filter(({ module: from, name, kind }) => kind !== "function" || !isKnown(from, name))
    .map(({ module: from, name, kind }) => {
      const full = `${from}.${name}`;
      const advice = ADVICE.get(full);
      const what = kind === "function" ? "a function" : `a ${kind}`;
      return problem(`imports ${full}, ${what} that Envoy does not have${advice ? `: ${advice}` : ""}`);
    });
}

function isKnown(from: string, name: string): boolean {
  return from === "env" ? HOST_CALLS.has(name) : WASI_MODULES.has(from) && WASI_CALLS.has(name);
}

function checkExports(module: object): BuildDiagnostic[] {
  const kinds = new Map(WasmModule.exports(module).map(({ name, kind }) => [name, kind]));
  const problems: BuildDiagnostic[] = [];
  if (kinds.get(ABI_MARKER) !== "function") {
    problems.push(
      problem(`does not export ${ABI_MARKER}: the filter must import the SDK and be compiled with its transform`),
    );
  }
  if (kinds.get("memory") !== "memory") problems.push(problem("does not export its memory"));
  if (!ALLOCATORS.some((name) => kinds.get(name) === "function")) {
    problems.push(problem(`exports neither ${ALLOCATORS.join(" nor ")}`));
  }
  return problems;
}

function problem(message: string): BuildDiagnostic {
  return { severity: "error", code: "ABI", message };
}
