import { forEachKind, KINDS } from "./kinds.ts";
import { changedNames, LayeredTable, layersOf } from "./layers.ts";
import type { Layer } from "./layers.ts";
import { emptyPart, makePart } from "./part.ts";
import type { Part } from "./part.ts";
import type { EncodedResource, ProxyResources, ProxySnapshot, Resource, ResourceTable } from "./types.ts";

/** The snapshots of all proxies at one moment, and the proxies for which something differs from the moment before. */
export interface SnapshotSet {
  readonly byProxy: ReadonlyMap<string, ProxySnapshot>;
  /** Ids of proxies with a resource added, changed or removed; a proxy that is new or gone counts. */
  readonly changed: ReadonlySet<string>;
}

export const emptySnapshotSet: SnapshotSet = { byProxy: new Map(), changed: new Set() };

const none: Layer = new Map();
const nothing: ProxySnapshot["resources"] = forEachKind(() => new Map());

/** What a proxy gets that the mesh does not know. */
export function emptySnapshot(proxy: string): ProxySnapshot {
  return { proxy, resources: nothing };
}

/** Of each snapshot, what it was made from: its own part, then the shared ones. */
const partsOf = new WeakMap<ProxySnapshot, readonly Part[]>();

/**
 * Encodes what is new and shares the rest with the previous set: bytes of equal version, layers in which nothing
 * differs, snapshots as a whole. Whoever compares two snapshots can therefore skip what is the same object. A list that
 * proxies share is worked on once.
 */
export function buildSnapshots(proxies: readonly ProxyResources[], previous: SnapshotSet): SnapshotSet {
  const decided = new Map<EncodedResource, EncodedResource>();
  const made = new Map<readonly Resource[], Part>();
  const byProxy = new Map<string, ProxySnapshot>();
  const changed = new Set<string>();
  for (const { proxy, resources, shared = [] } of proxies) {
    const before = previous.byProxy.get(proxy);
    const old = before === undefined ? [] : (partsOf.get(before) ?? []);
    const parts = [resources, ...shared].map((list, index) => {
      const part = made.get(list) ?? makePart(list, old[index] ?? emptyPart, decided);
      made.set(list, part);
      return part;
    });
    const snapshot = assemble(proxy, before, parts);
    byProxy.set(proxy, snapshot);
    if (before === undefined || differs(before, snapshot)) changed.add(proxy);
  }
  for (const proxy of previous.byProxy.keys()) {
    if (!byProxy.has(proxy)) changed.add(proxy);
  }
  return { byProxy, changed };
}

function assemble(proxy: string, before: ProxySnapshot | undefined, parts: readonly Part[]): ProxySnapshot {
  let same = before !== undefined;
  const resources = forEachKind((kind): ResourceTable => {
    const layers = parts.flatMap((part) => [part.recent[kind], part.rest[kind]]);
    const old = before?.resources[kind];
    if (old !== undefined && isMadeOf(old, layers)) return old;
    same = false;
    return new LayeredTable(none, layers);
  });
  const snapshot = same && before !== undefined ? before : { proxy, resources };
  partsOf.set(snapshot, parts);
  return snapshot;
}

function isMadeOf(table: ResourceTable, layers: readonly Layer[]): boolean {
  const [, ...old] = layersOf(table);
  return old.length === layers.length && old.every((layer, index) => layer === layers[index]);
}

function differs(before: ProxySnapshot, after: ProxySnapshot): boolean {
  return KINDS.some((kind) => {
    const [old, now] = [before.resources[kind], after.resources[kind]];
    return [...changedNames(old, now)].some((name) => old.get(name)?.version !== now.get(name)?.version);
  });
}
