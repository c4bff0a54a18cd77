import type { ObjectRef } from "../model/types.ts";
import type { EncodedResource } from "../snapshot/types.ts";
import { placeOf } from "./proxies.ts";
import type { Standing } from "./proxies.ts";
import type { StatusInput } from "./report.ts";
import type { ObjectRejection, ObjectStatus, ProxyStatus, RejectedResource } from "./types.ts";

/** Of the proxies that an object concerns. */
export interface Counts {
  total: number;
  acked: number;
  rejected: number;
}

export type Outcome = "acked" | "rejected" | "open";

/** For each object of the user, how many of the proxies that it concerns run it, and what Envoys refused of it. */
export function objectStates(
  objects: StatusInput["objects"],
  proxies: readonly ProxyStatus[],
  counts: ReadonlyMap<string, Counts>,
): ObjectStatus[] {
  const rejections = rejectionsByObject(proxies);
  return objects.map(({ ref, state }) => ({
    ...placeOf(ref),
    state,
    proxies: { total: 0, acked: 0, rejected: 0, ...counts.get(objectKey(ref)) },
    ...rejectionsOf(rejections, ref),
  }));
}

/** Objects are the same if kind, namespace and name are, wherever their text stands. */
export function objectKey({ kind, namespace, name }: Pick<ObjectRef, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

function rejectionsOf(
  all: ReadonlyMap<string, readonly ObjectRejection[]>,
  ref: ObjectRef,
): Pick<ObjectStatus, "rejections"> {
  const rejections = all.get(objectKey(ref));
  return rejections === undefined ? {} : { rejections };
}

function rejectionsByObject(proxies: readonly ProxyStatus[]): Map<string, ObjectRejection[]> {
  const byObject = new Map<string, ObjectRejection[]>();
  const seen = new Set<string>();
  for (const { id, rejected } of proxies) {
    for (const { objects, type, resource, message, rejectedBy } of rejected) {
      const by = rejectedBy ?? [id];
      for (const object of objects) {
        const key = objectKey(object);
        const identity = JSON.stringify([key, type, resource, message, by]);
        if (seen.has(identity)) continue;
        seen.add(identity);
        byObject.set(key, [...(byObject.get(key) ?? []), { by, type, resource, message }]);
      }
    }
  }
  return byObject;
}

/** Object to the worst that happened to one of its resources at a proxy. */
export function outcomes(all: readonly Standing[], rejected: readonly RejectedResource[]): Map<string, Outcome> {
  const refused = new Set(rejected.map(({ type, resource }) => `${type} ${resource}`));
  const worst = new Map<string, Outcome>();
  for (const { resource, progress } of all) {
    const isRefused = refused.size > 0 && refused.has(`${resource.kind} ${resource.name}`);
    const outcome = isRefused ? "rejected" : progress === "acked" ? "acked" : "open";
    for (const key of objectKeys(resource)) worst.set(key, worse(worst.get(key), outcome));
  }
  return worst;
}

const keysOf = new WeakMap<EncodedResource, readonly string[]>();

/** Kept, since proxies have most of their resources in common. */
function objectKeys(resource: EncodedResource): readonly string[] {
  const known = keysOf.get(resource);
  if (known !== undefined) return known;
  const keys = resource.origins.map(objectKey);
  keysOf.set(resource, keys);
  return keys;
}

function worse(a: Outcome | undefined, b: Outcome): Outcome {
  if (a === "rejected" || b === "rejected") return "rejected";
  return a === "open" || b === "open" ? "open" : "acked";
}
