import type { JsonValue } from "@bufbuild/protobuf";
import type { ResourceKind } from "../snapshot/types.ts";
import type { ObjectPlace } from "../status/types.ts";
import { jsonChanges, type FieldChange } from "./json-changes.ts";

export { jsonChanges, type FieldChange } from "./json-changes.ts";

/** A resource as one side has it. Equal versions are equal contents. */
export interface ComparedResource {
  readonly type: ResourceKind;
  readonly name: string;
  readonly version: string;
  readonly objects: readonly ObjectPlace[];
  /** As Envoy's JSON has it; asked for only where versions differ. */
  readonly config: () => Promise<JsonValue | undefined>;
}

/** What each proxy has, by its id. */
export type ComparedMesh = ReadonlyMap<string, readonly ComparedResource[]>;

export interface ResourceChange {
  readonly type: ResourceKind;
  readonly name: string;
  readonly state: "added" | "changed" | "removed";
  /** The user's objects that it is made from now, or was. */
  readonly objects: readonly ObjectPlace[];
  /** Of a resource that has changed. */
  readonly fields: readonly FieldChange[];
}

export interface ProxyChange {
  readonly proxy: string;
  /** added, removed: the proxy as a whole comes or goes, and its resources are not listed. */
  readonly state: "added" | "changed" | "removed";
  readonly resources: readonly ResourceChange[];
}

/** What differs, proxy by proxy; proxies for which nothing does are left out. */
export async function diffMeshes(before: ComparedMesh, after: ComparedMesh): Promise<ProxyChange[]> {
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const changes = await Promise.all(
    ids.map(async (proxy): Promise<ProxyChange> => {
      const [old, now] = [before.get(proxy), after.get(proxy)];
      if (old === undefined) return { proxy, state: "added", resources: [] };
      if (now === undefined) return { proxy, state: "removed", resources: [] };
      return { proxy, state: "changed", resources: await diffResources(old, now) };
    }),
  );
  return changes.filter(({ state, resources }) => state !== "changed" || resources.length > 0);
}

async function diffResources(
  before: readonly ComparedResource[],
  after: readonly ComparedResource[],
): Promise<ResourceChange[]> {
  const old = byKey(before);
  const now = byKey(after);
  const keys = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const changes = await Promise.all(keys.map((key) => diffResource(old.get(key), now.get(key))));
  return changes.filter((change) => change !== undefined);
}

function byKey(resources: readonly ComparedResource[]): Map<string, ComparedResource> {
  return new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
}

async function diffResource(
  before: ComparedResource | undefined,
  after: ComparedResource | undefined,
): Promise<ResourceChange | undefined> {
  const one = after ?? before;
  if (one === undefined || before?.version === after?.version) return undefined;
  const { type, name, objects } = one;
  if (before === undefined || after === undefined)
    return { type, name, state: before === undefined ? "added" : "removed", objects, fields: [] };
  return { type, name, state: "changed", objects, fields: jsonChanges(await before.config(), await after.config()) };
}
