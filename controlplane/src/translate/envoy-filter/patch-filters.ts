import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { MatchPart } from "../../model/envoy-filter.ts";
import { edited } from "./edit-list.ts";
import { merged, typeOf } from "./merge.ts";
import { applied, mergeLists } from "./patch-set.ts";
import type { Patching } from "./patch-set.ts";
import type { Trace } from "./trace.ts";

/** A filter of whatever level: for listeners, for connections, for requests. */
export type AnyFilter = Message & {
  name: string;
  configType: { case: "typedConfig"; value: Any } | { case: string | undefined; value?: unknown };
};

/** How a list of filters is patched. */
export interface FilterLevel<F extends AnyFilter> {
  readonly schema: DescMessage;
  /** What a patch calls the filter that it means. */
  readonly part: MatchPart;
  readonly wanted: (trace: Trace) => string | undefined;
  /** Whether a filter stands where Istio has the one of that name, so that a place beside it is meant. */
  readonly standsFor: (filter: F, wanted: string) => boolean;
  /** Where ADD puts a filter. */
  readonly end?: (trace: Trace, filters: readonly F[]) => number;
}

/** Filters after patches, all of which mean the list: first those that change the list, then those that merge. */
export function patchedFilters<F extends AnyFilter>(
  filters: readonly F[],
  traces: readonly Trace[],
  level: FilterLevel<F>,
  patching: Patching,
): readonly F[] {
  let now = filters;
  for (const trace of traces) {
    const next = mergeLists(trace) === undefined ? editedFilters(now, trace, level) : undefined;
    if (next !== undefined) now = noted(next, trace, patching);
    else if (mergeLists(trace) === undefined) missed(trace, level, now);
  }
  for (const trace of traces) {
    if (mergeLists(trace) === undefined) continue;
    const next = mergedFilters(now, trace, level);
    if (next === undefined) missed(trace, level, now);
    else now = noted(next, trace, patching);
  }
  return now;
}

function noted<T>(next: T, trace: Trace, patching: Patching): T {
  applied(patching, trace);
  return next;
}

function missed<F extends AnyFilter>(trace: Trace, { part }: FilterLevel<F>, filters: readonly F[]): void {
  trace.miss(
    part,
    filters.map(({ name }) => name),
  );
}

function editedFilters<F extends AnyFilter>(
  filters: readonly F[],
  trace: Trace,
  { wanted, standsFor, end }: FilterLevel<F>,
): F[] | undefined {
  const { operation, value } = trace.patch;
  if (operation === "MERGE" || operation === "MERGE_AND_REPLACE_LIST") return undefined;
  const name = wanted(trace);
  const isPlace = operation.startsWith("INSERT_");
  const isNamed = filters.some((filter) => filter.name === name);
  return edited<F>(filters, {
    operation,
    isMeant:
      name === undefined
        ? undefined
        : (filter) => filter.name === name || (isPlace && !isNamed && standsFor(filter, name)),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read with the schema of this level
    value: value as F | undefined,
    ...(end && { end: (items) => end(trace, items) }),
  });
}

/** Undefined: there is none that could be merged with, as it has another type or comes by ECDS. */
function mergedFilters<F extends AnyFilter>(
  filters: readonly F[],
  trace: Trace,
  { schema, wanted }: FilterLevel<F>,
): F[] | undefined {
  const name = wanted(trace);
  const lists = mergeLists(trace) ?? "append";
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read with the schema of this level
  const value = trace.patch.value as F;
  let isFound = false;
  const next = filters.map((filter) => {
    if ((name !== undefined && filter.name !== name) || !isMergeable(filter, value)) return filter;
    isFound = true;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a merge keeps the type
    return merged(schema, filter, value, lists) as F;
  });
  return isFound ? next : undefined;
}

function isMergeable(filter: AnyFilter, patch: AnyFilter): boolean {
  const [into, from] = [configOf(filter), configOf(patch)];
  return (
    into !== undefined && (from === undefined ? patch.configType.case === undefined : typeOf(into) === typeOf(from))
  );
}

function configOf({ configType }: AnyFilter): Any | undefined {
  return isTyped(configType) ? configType.value : undefined;
}

export function isTyped(type: AnyFilter["configType"]): type is { case: "typedConfig"; value: Any } {
  return type.case === "typedConfig";
}
