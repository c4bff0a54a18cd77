import type { PatchOperation } from "../../model/envoy-filter.ts";

/** A change of a list of filters or routes, where the place of each counts. */
export interface Edit<T> {
  readonly operation: Exclude<PatchOperation, "MERGE" | "MERGE_AND_REPLACE_LIST">;
  /** Which item is meant; absent: none in particular. */
  readonly isMeant: ((item: T) => boolean) | undefined;
  /** What is added; absent where something is removed. */
  readonly value: T | undefined;
  /** Where ADD puts it; at the end if absent. */
  readonly end?: (items: readonly T[]) => number;
}

/**
 * The list after an edit; undefined if the edit finds nothing to hold on to. As in Istio, an insertion beside no item in
 * particular is one at the beginning (before) or at the end (after); removal and replacement need one.
 */
export function edited<T>(items: readonly T[], { operation, isMeant, value, end }: Edit<T>): T[] | undefined {
  if (operation === "REMOVE") {
    const rest = isMeant === undefined ? items : items.filter((item) => !isMeant(item));
    return rest.length === items.length ? undefined : [...rest];
  }
  if (value === undefined) return undefined;
  if (operation === "REPLACE") {
    const found = isMeant !== undefined && items.some(isMeant);
    return found ? items.map((item) => (isMeant(item) ? value : item)) : undefined;
  }
  const at = placeOf(items, { operation, isMeant, value, ...(end && { end }) });
  return at === undefined ? undefined : items.toSpliced(at, 0, value);
}

function placeOf<T>(items: readonly T[], { operation, isMeant, end }: Edit<T>): number | undefined {
  if (operation === "ADD") return end?.(items) ?? items.length;
  if (isMeant === undefined) return operation === "INSERT_AFTER" ? items.length : 0;
  const found = items.findIndex(isMeant);
  if (found < 0) return undefined;
  if (operation === "INSERT_FIRST") return 0;
  return operation === "INSERT_AFTER" ? found + 1 : found;
}
