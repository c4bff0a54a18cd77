import type { WasmModule } from "../wasm/index.ts";
import { error } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Versions of the ABI that Envoy speaks. */
export const ABI_VERSIONS: readonly string[] = ["0.1.0", "0.2.0", "0.2.1"];

const MARKER = /^proxy_abi_version_(\d+_\d+_\d+)$/;
const NO_MARKER_FIX =
  "compile with an SDK: in AssemblyScript the entry imports proxy-wasm-assemblyscript-sdk, which exports it";

/** The version that a module names, the first one that Envoy speaks; undefined without one. */
export function abiVersion(module: WasmModule): string | undefined {
  return markers(module).find((version) => ABI_VERSIONS.includes(version));
}

/** Envoy looks for the marker among the exports before it links anything. */
export function checkAbi(module: WasmModule): Finding[] {
  if (abiVersion(module) !== undefined) return [];
  const [other] = markers(module);
  return [
    other === undefined
      ? error("abi-version", "exports no proxy_abi_version_0_2_1: Envoy takes it for no filter at all", NO_MARKER_FIX)
      : error(
          "abi-version",
          `is made for ABI ${other}; Envoy speaks ${ABI_VERSIONS.join(", ")}`,
          "compile with a newer SDK",
        ),
  ];
}

function markers({ exports }: WasmModule): string[] {
  return exports.flatMap(({ kind, name }) => {
    const version = kind === "function" ? MARKER.exec(name)?.[1] : undefined;
    return version === undefined ? [] : [version.replaceAll("_", ".")];
  });
}
