import type { ObjectRef } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { placeOfRef } from "./place.ts";
import type { DestinationShare, Effect } from "./types.ts";

/** EnvoyFilters that have changed something on the way; what a patch does is not looked at. */
export function patchEffects(onTheWay: readonly (Resource | undefined)[]): Effect[] {
  const patched = onTheWay.flatMap((resource) =>
    (resource?.origins ?? []).flatMap((ref) =>
      resource !== undefined && ref.kind === "EnvoyFilter" ? [[ref, nameOf(resource)] as const] : [],
    ),
  );
  return [...Map.groupBy(patched, ([ref]) => ref)].map(([ref, all]: [ObjectRef, typeof patched]) => ({
    kind: "patch",
    text: `changes ${[...new Set(all.map(([, name]) => name))].join(", ")}`,
    from: placeOfRef(ref),
  }));
}

/** The clusters that destinations stand for. */
export function clustersOf(destinations: readonly DestinationShare[], resources: readonly Resource[]): Resource[] {
  const names = new Set(destinations.map(({ cluster }) => cluster));
  return resources.filter(({ kind, name }) => kind === "cluster" && names.has(name));
}

function nameOf({ kind, name }: Resource): string {
  return kind === "route" ? `the routes ${name}` : `the ${kind} ${name}`;
}
