import type { Diagnostic } from "../model/diagnostic.ts";
import type { Mesh } from "../model/types.ts";
import { translateInParts } from "./index.ts";

/** Stands in for modules that are not there: no patch looks into them. */
const digest = { sha256: "0".repeat(64) };

/** Warnings of the patches that change nothing of what the mesh's proxies would be given. */
export function unusedPatches(mesh: Mesh): readonly Diagnostic[] {
  if (mesh.envoyFilters.length === 0) return [];
  let found: readonly Diagnostic[] = [];
  translateInParts(mesh, {
    modules: { policies: digest, authorization: digest },
    report: (diagnostics) => (found = diagnostics),
  });
  return found;
}
