import { encode } from "./encode.ts";
import { forEachKind } from "./kinds.ts";
import type { Layer } from "./layers.ts";
import type { EncodedResource, Resource, ResourceKind } from "./types.ts";

/**
 * One list of resources as two layers of each kind: what changed lately, over the rest. A change of few resources of many
 * then costs as much as these, because the large layer stays as it is.
 */
export interface Part {
  readonly list: readonly Resource[];
  readonly recent: Readonly<Record<ResourceKind, Layer>>;
  readonly rest: Readonly<Record<ResourceKind, Layer>>;
}

const none: Layer = new Map();
export const emptyPart: Part = { list: [], recent: forEachKind(() => none), rest: forEachKind(() => none) };

/** Beyond this share of the list the layers are made anew. */
const maxRecentShare = 1 / 16;

/** The part of a new list, sharing with the one before whatever is equal. */
export function makePart(
  list: readonly Resource[],
  before: Part,
  decided: Map<EncodedResource, EncodedResource>,
): Part {
  if (list === before.list) return before;
  return amend(list, before, decided) ?? rebuild(list, before, decided);
}

/** `undefined` if more than the contents of a few resources differ. */
function amend(
  list: readonly Resource[],
  before: Part,
  decided: Map<EncodedResource, EncodedResource>,
): Part | undefined {
  if (list.length !== before.list.length) return undefined;
  const most = list.length * maxRecentShare;
  const changed: Resource[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const [old, now] = [before.list[index], list[index]];
    if (old === now) continue;
    if (now === undefined || old?.kind !== now.kind || old.name !== now.name || changed.length >= most)
      return undefined;
    changed.push(now);
  }
  const recent: Record<ResourceKind, Layer> = { ...before.recent };
  const fresh = new Map<ResourceKind, Map<string, EncodedResource | undefined>>();
  for (const resource of changed) {
    const { kind, name } = resource;
    const old = before.recent[kind].get(name) ?? before.rest[kind].get(name);
    const result = decide(encode(resource), old, decided);
    if (result === old) continue;
    const layer = fresh.get(kind) ?? new Map(before.recent[kind]);
    fresh.set(kind, layer.set(name, result));
    recent[kind] = layer;
  }
  const size = Object.values(recent).reduce((sum, layer) => sum + layer.size, 0);
  return size > most ? undefined : { list, recent, rest: before.rest };
}

function rebuild(list: readonly Resource[], before: Part, decided: Map<EncodedResource, EncodedResource>): Part {
  const maps = forEachKind(() => new Map<string, EncodedResource>());
  for (const resource of list) {
    const { kind, name } = resource;
    const old = before.recent[kind].get(name) ?? before.rest[kind].get(name);
    maps[kind].set(name, decide(encode(resource), old, decided));
  }
  const isKept = (kind: ResourceKind): boolean =>
    before.recent[kind].size === 0 && isSame(before.rest[kind], maps[kind]);
  return {
    list,
    recent: forEachKind((kind) => (isKept(kind) ? before.recent[kind] : none)),
    rest: forEachKind((kind) => (isKept(kind) ? before.rest[kind] : maps[kind])),
  };
}

/** The same objects under the same names. Of equal versions, too, the objects differ when origins moved. */
function isSame(a: Layer, b: Layer): boolean {
  if (a.size !== b.size) return false;
  for (const [name, resource] of b) if (a.get(name) !== resource) return false;
  return true;
}

/** Of each resource once for all lists: the old object if nothing differs, else the new one, with the old bytes if equal. */
function decide(
  resource: EncodedResource,
  old: EncodedResource | undefined,
  decided: Map<EncodedResource, EncodedResource>,
): EncodedResource {
  const known = decided.get(resource);
  if (known !== undefined) return known;
  let result = resource;
  if (old !== undefined && old.version === resource.version) {
    result = sameOrigins(old.origins, resource.origins) ? old : { ...resource, value: old.value };
  }
  decided.set(resource, result);
  return result;
}

/** Origins count, since a file's line numbers move. */
function sameOrigins(a: EncodedResource["origins"], b: EncodedResource["origins"]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((ref, index) => {
    const other = b[index];
    if (ref === other) return true;
    return (
      other !== undefined &&
      ref.name === other.name &&
      ref.namespace === other.namespace &&
      ref.kind === other.kind &&
      ref.position.line === other.position.line &&
      ref.position.column === other.position.column &&
      ref.position.file === other.position.file
    );
  });
}
