import { RE2JS } from "re2js";
import { selects } from "../../model/index.ts";
import type { EnvoyFilter } from "../../model/envoy-filter.ts";
import type { Mesh, Proxy } from "../../model/types.ts";
import { nodeMetadata } from "../node.ts";
import { memo } from "../memo.ts";
import { PatchSet } from "./patch-set.ts";
import { Trace } from "./trace.ts";

/**
 * Istio's order: filters of the root namespace first, then by priority, and then the older one first. Files have no age
 * that survives a copy, so that the place in the files stands in for it.
 */
function inOrder(filters: readonly EnvoyFilter[], root: string): EnvoyFilter[] {
  return filters.toSorted((a, b) => {
    const byNamespace = Number(b.ref.namespace === root) - Number(a.ref.namespace === root);
    const [left, right] = [a.ref.position, b.ref.position];
    const byFile = left.file < right.file ? -1 : Number(left.file > right.file);
    return byNamespace || a.priority - b.priority || byFile || left.line - right.line || left.column - right.column;
  });
}

/** A trace for every patch of the mesh, in the order in which they are applied. */
export function tracesOfMesh({ envoyFilters, config }: Pick<Mesh, "envoyFilters" | "config">): Trace[] {
  return inOrder(envoyFilters, config.rootNamespace).flatMap((filter) =>
    filter.patches.map((patch, index) => new Trace(filter, index, patch)),
  );
}

type Settings = Pick<Mesh, "config" | "proxyConfigs">;

/** The patches of each proxy; proxies for which the same ones hold have one set. */
export function patchSets(mesh: Settings, traces: readonly Trace[]): (proxy: Proxy) => PatchSet {
  const sets = memo(
    ({ key }: { readonly key: string; readonly proxy: Proxy; readonly own: readonly Trace[] }) => key,
    ({ proxy, own }) => new PatchSet(proxy.kind, own),
  );
  return (proxy) => {
    const marks = traces.map((trace) => isFor(trace, proxy, mesh));
    const key = `${proxy.kind} ${marks.map(Number).join("")}`;
    return sets({ key, proxy, own: traces.filter((_, index) => marks[index]) });
  };
}

function isFor(trace: Trace, proxy: Proxy, mesh: Settings): boolean {
  const { ref, selector } = trace.filter;
  const { namespace, labels } = proxy.workload;
  if (ref.namespace !== namespace && ref.namespace !== mesh.config.rootNamespace) return false;
  return selects(selector, labels) && isAskedFor(trace, proxy, mesh);
}

/** Istio: a proxy that does not say its version is of none. */
function isAskedFor({ patch }: Trace, proxy: Proxy, mesh: Settings): boolean {
  if (patch.proxy === undefined) return true;
  const own = new Map(Object.entries(nodeMetadata(proxy, mesh)));
  const { version, metadata } = patch.proxy;
  const runs = own.get("ISTIO_VERSION");
  if (version !== undefined && !(typeof runs === "string" && RE2JS.compile(version).matcher(runs).find())) return false;
  return Object.entries(metadata).every(([key, value]) => own.get(key) === value);
}
