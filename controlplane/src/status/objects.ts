import type { ObjectRef } from "../model/types.ts";
import { progressOf } from "../xds/machine.ts";
import type { EncodedResource } from "../snapshot/types.ts";
import type { StreamState } from "../xds/state.ts";
import { placeOf, resourcesOf } from "./proxies.ts";
import type { StatusInput } from "./report.ts";
import type { ObjectRejection, ObjectStatus, ProxyStatus, RejectedResource } from "./types.ts";

interface Counts {
  total: number;
  acked: number;
  rejected: number;
}

/** For each object of the user, how many of the proxies that it concerns run it, and what Envoys refused of it. */
export function objectStates(input: StatusInput, proxies: readonly ProxyStatus[]): ObjectStatus[] {
  const rejected = new Map(proxies.map((each) => [each.id, each.rejected]));
  const counts = countProxies(input, rejected);
  const rejections = rejectionsByObject(proxies);
  return input.objects.map(({ ref, state }) => ({
    ...placeOf(ref),
    state,
    proxies: counts.get(objectKey(ref)) ?? { total: 0, acked: 0, rejected: 0 },
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

function countProxies(
  input: StatusInput,
  rejected: ReadonlyMap<string, readonly RejectedResource[]>,
): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const [id, snapshot] of input.snapshots.byProxy) {
    const states = input.streams.get(id)?.states;
    const refused = new Set(rejected.get(id)?.map(({ type, resource }) => `${type} ${resource}`));
    /** Object to the worst that happened to one of its resources at this proxy. */
    const worst = new Map<string, Outcome>();
    for (const resource of resourcesOf(snapshot)) {
      const outcome = refused.has(`${resource.kind} ${resource.name}`) ? "rejected" : outcomeOf(states, resource);
      for (const key of objectKeys(resource)) worst.set(key, worse(worst.get(key), outcome));
    }
    for (const [key, outcome] of worst) count(counts, key, outcome);
  }
  return counts;
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

type Outcome = "acked" | "rejected" | "open";

function outcomeOf(states: readonly StreamState[] | undefined, resource: EncodedResource): Outcome {
  return states !== undefined && progressOf(states, resource) === "acked" ? "acked" : "open";
}

function worse(a: Outcome | undefined, b: Outcome): Outcome {
  if (a === "rejected" || b === "rejected") return "rejected";
  return a === "open" || b === "open" ? "open" : "acked";
}

function count(counts: Map<string, Counts>, key: string, outcome: Outcome): void {
  const entry = counts.get(key) ?? { total: 0, acked: 0, rejected: 0 };
  entry.total += 1;
  if (outcome === "acked") entry.acked += 1;
  if (outcome === "rejected") entry.rejected += 1;
  counts.set(key, entry);
}
