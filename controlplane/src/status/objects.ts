import type { ObjectRef } from "../model/types.ts";
import { progressOf } from "../xds/machine.ts";
import { placeOf, resourcesOf } from "./proxies.ts";
import type { StatusInput } from "./report.ts";
import type { ObjectStatus } from "./types.ts";

interface Counts {
  total: number;
  acked: number;
  rejected: number;
}

/** For each object of the user, how many of the proxies that it concerns run it. */
export function objectStates(input: StatusInput): ObjectStatus[] {
  const counts = countProxies(input);
  return input.objects.map(({ ref, state }) => ({
    ...placeOf(ref),
    state,
    proxies: counts.get(objectKey(ref)) ?? { total: 0, acked: 0, rejected: 0 },
  }));
}

/** Objects are the same if kind, namespace and name are, wherever their text stands. */
export function objectKey({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

function countProxies(input: StatusInput): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const [id, snapshot] of input.snapshots.byProxy) {
    const stream = input.streams.get(id)?.state;
    /** Object to the worst that happened to one of its resources at this proxy. */
    const worst = new Map<string, "acked" | "rejected" | "open">();
    for (const resource of resourcesOf(snapshot)) {
      const progress = stream === undefined ? "waiting" : progressOf(stream, resource);
      const verdict = progress === "acked" || progress === "rejected" ? progress : "open";
      for (const origin of resource.origins) {
        const key = objectKey(origin);
        worst.set(key, worse(worst.get(key), verdict));
      }
    }
    for (const [key, verdict] of worst) count(counts, key, verdict);
  }
  return counts;
}

function worse(
  a: "acked" | "rejected" | "open" | undefined,
  b: "acked" | "rejected" | "open",
): "acked" | "rejected" | "open" {
  if (a === "rejected" || b === "rejected") return "rejected";
  return a === "open" || b === "open" ? "open" : "acked";
}

function count(counts: Map<string, Counts>, key: string, verdict: "acked" | "rejected" | "open"): void {
  const entry = counts.get(key) ?? { total: 0, acked: 0, rejected: 0 };
  entry.total += 1;
  if (verdict === "acked") entry.acked += 1;
  if (verdict === "rejected") entry.rejected += 1;
  counts.set(key, entry);
}
