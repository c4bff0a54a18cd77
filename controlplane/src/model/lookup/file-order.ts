import type { MeshObject } from "../types.ts";

/**
 * Objects by the place where they are written. Istio lets the older of two objects win by creation time; files have
 * none that survives a copy, so the order of paths and lines stands in for it.
 */
export function inFileOrder<T extends MeshObject>(objects: readonly T[]): T[] {
  return objects.toSorted(({ ref: { position: a } }, { ref: { position: b } }) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return a.line - b.line || a.column - b.column;
  });
}
