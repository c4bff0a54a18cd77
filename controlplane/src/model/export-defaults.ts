import { NOT_WRITTEN } from "./decode/visibility.ts";
import type { ObjectRef } from "./types.ts";

interface Exported {
  readonly ref: ObjectRef;
  readonly exportTo: readonly string[];
}

/**
 * The objects with the MeshConfig's default in the place of an exportTo that nobody wrote. `.` is each object's own
 * namespace, `~` nobody; without a default the list stays the same.
 */
export function withExportDefault<T extends Exported>(
  objects: readonly T[],
  byDefault: readonly string[] | undefined,
): readonly T[] {
  if (byDefault === undefined) return objects;
  return objects.map((one) => {
    if (one.exportTo !== NOT_WRITTEN) return one;
    const exportTo = byDefault.filter((name) => name !== "~").map((name) => (name === "." ? one.ref.namespace : name));
    return { ...one, exportTo };
  });
}
