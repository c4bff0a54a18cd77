import { encode } from "./encode.ts";
import { KINDS } from "./kinds.ts";
import type { EncodedResource, ProxyResources, ProxySnapshot, ResourceKind } from "./types.ts";

type ResourceMap = ReadonlyMap<string, EncodedResource>;

/** The snapshots of all proxies at one moment, and the proxies for which something differs from the moment before. */
export interface SnapshotSet {
  readonly byProxy: ReadonlyMap<string, ProxySnapshot>;
  /** Ids of proxies with a resource added, changed or removed; a proxy that is new or gone counts. */
  readonly changed: ReadonlySet<string>;
}

export const emptySnapshotSet: SnapshotSet = { byProxy: new Map(), changed: new Set() };

/** What a proxy gets that the mesh does not know. */
export function emptySnapshot(proxy: string): ProxySnapshot {
  const none: ResourceMap = new Map();
  return { proxy, resources: { cluster: none, endpoint: none, listener: none, route: none, extension: none } };
}

/**
 * Encodes what is new and shares the rest with the previous set: bytes of equal version, maps of a kind in which
 * nothing differs, snapshots as a whole. Whoever compares two snapshots can therefore skip what is the same object.
 */
export function buildSnapshots(proxies: readonly ProxyResources[], previous: SnapshotSet): SnapshotSet {
  const share = sharing(previous);
  const byProxy = new Map<string, ProxySnapshot>();
  const changed = new Set<string>();
  for (const { proxy, resources } of proxies) {
    const before = previous.byProxy.get(proxy);
    const maps = byKind(resources.map((resource) => share(encode(resource))));
    const { snapshot, differs } = reuse(proxy, maps, before);
    byProxy.set(proxy, snapshot);
    if (differs) changed.add(proxy);
  }
  for (const proxy of previous.byProxy.keys()) {
    if (!byProxy.has(proxy)) changed.add(proxy);
  }
  return { byProxy, changed };
}

/** Maps a resource to the equal one of the previous set; origins count too, since a file's line numbers move. */
function sharing(previous: SnapshotSet): (resource: EncodedResource) => EncodedResource {
  const known = new Map<string, EncodedResource>();
  for (const { resources } of previous.byProxy.values()) {
    for (const kind of KINDS) {
      for (const resource of resources[kind].values()) known.set(keyOf(resource), resource);
    }
  }
  const decided = new Map<EncodedResource, EncodedResource>();
  return (resource) => {
    const done = decided.get(resource);
    if (done !== undefined) return done;
    const old = known.get(keyOf(resource));
    let result = resource;
    if (old !== undefined) result = sameOrigins(old, resource) ? old : { ...resource, value: old.value };
    decided.set(resource, result);
    return result;
  };
}

function keyOf({ kind, name, version }: EncodedResource): string {
  return `${kind}\0${name}\0${version}`;
}

function sameOrigins(a: EncodedResource, b: EncodedResource): boolean {
  return a.origins === b.origins || JSON.stringify(a.origins) === JSON.stringify(b.origins);
}

function byKind(resources: readonly EncodedResource[]): Record<ResourceKind, Map<string, EncodedResource>> {
  const maps: Record<ResourceKind, Map<string, EncodedResource>> = {
    cluster: new Map(),
    endpoint: new Map(),
    listener: new Map(),
    route: new Map(),
    extension: new Map(),
  };
  for (const resource of resources) maps[resource.kind].set(resource.name, resource);
  return maps;
}

function reuse(
  proxy: string,
  maps: Record<ResourceKind, ResourceMap>,
  before: ProxySnapshot | undefined,
): { snapshot: ProxySnapshot; differs: boolean } {
  if (before === undefined) return { snapshot: { proxy, resources: maps }, differs: true };
  const resources: Record<ResourceKind, ResourceMap> = { ...maps };
  let shared = 0;
  let differs = false;
  for (const kind of KINDS) {
    const likeness = compare(before.resources[kind], maps[kind]);
    differs ||= likeness === "different";
    if (likeness !== "identical") continue;
    resources[kind] = before.resources[kind];
    shared += 1;
  }
  return { snapshot: shared === KINDS.length ? before : { proxy, resources }, differs };
}

/** "equal": the same versions under the same names, but other objects, because origins moved. */
function compare(a: ResourceMap, b: ResourceMap): "identical" | "equal" | "different" {
  if (a.size !== b.size) return "different";
  let identical = true;
  for (const [name, resource] of b) {
    const old = a.get(name);
    if (old?.version !== resource.version) return "different";
    identical &&= old === resource;
  }
  return identical ? "identical" : "equal";
}
