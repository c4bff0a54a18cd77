import { checkBytes } from "@sluice/host/check";
import type { BuildDiagnostic } from "./result.ts";

/** Checks that Envoy can load a module. What only may be a mistake is left to `sluice check`. */
export function checkModule(binary: Uint8Array<ArrayBuffer>): BuildDiagnostic[] {
  return checkBytes(binary)
    .filter(({ severity }) => severity === "error")
    .map(({ message, fix }) => ({
      severity: "error",
      code: "ABI",
      message: fix === undefined ? message : `${message}: ${fix}`,
    }));
}
