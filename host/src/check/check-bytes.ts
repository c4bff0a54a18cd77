import { messageOf } from "../error.ts";
import { readModule } from "../wasm/index.ts";
import type { WasmModule } from "../wasm/index.ts";
import { abiVersion, checkAbi } from "./check-abi.ts";
import { checkExports } from "./check-exports.ts";
import { checkImports } from "./check-imports.ts";
import { checkDeclaredMemory } from "./check-memory.ts";
import { checkStart } from "./check-start.ts";
import { error, isError } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** The checks that need only the bytes. Nothing of the module runs. */
export function checkBytes(bytes: Uint8Array<ArrayBuffer>): Finding[] {
  const module = readModule(bytes);
  if (!module.ok) return [error("not-wasm", `no WebAssembly module: ${module.error}`)];
  const invalid = invalidity(bytes);
  if (invalid !== undefined) return [error("invalid", invalid)];
  const findings = checkParts(module);
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}

function checkParts(module: WasmModule): Finding[] {
  // Without a version that Envoy speaks, the newest is what the rest is measured by.
  const abi = abiVersion(module) ?? "0.2.1";
  return [
    ...checkAbi(module),
    ...checkImports(module, abi),
    ...checkExports(module, abi),
    ...checkDeclaredMemory(module),
    ...checkStart(module),
  ];
}

/** What the engine, which is the one that Envoy has, says against a module; undefined when it is valid. */
function invalidity(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    // Made only to be refused: what counts is whether this throws.
    return new WebAssembly.Module(bytes) instanceof WebAssembly.Module ? undefined : "no module";
  } catch (thrown) {
    return messageOf(thrown).replace(/^WebAssembly\.Module\(\): /, "");
  }
}
