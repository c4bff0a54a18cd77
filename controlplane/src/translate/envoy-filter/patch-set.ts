import type { ApplyTo, PatchContext } from "../../model/envoy-filter.ts";
import type { ObjectRef, Proxy } from "../../model/types.ts";
import type { Resource } from "../../snapshot/types.ts";
import { memo } from "../memo.ts";
import type { Trace } from "./trace.ts";

/** The patches that hold for a proxy, in the order in which they are applied; proxies have theirs in common. */
export class PatchSet {
  readonly kind: Proxy["kind"];
  readonly traces: readonly Trace[];
  /** Whether something may be gone that asked for something else. */
  readonly takesAway: boolean;
  /** What became of resources and lists of resources that several proxies have; null: removed. */
  readonly resources = new WeakMap<Resource, Resource | null>();
  readonly lists = new WeakMap<readonly Resource[], readonly Resource[]>();
  readonly #byTarget: (key: string) => readonly Trace[];

  constructor(kind: Proxy["kind"], traces: readonly Trace[]) {
    this.kind = kind;
    this.traces = traces;
    this.takesAway = traces.some(({ patch: { operation } }) => /^REMOVE$|REPLACE/.test(operation));
    this.#byTarget = memo(
      (key: string) => key,
      (key) => traces.filter(({ patch }) => isFor(patch.context, key) && key.endsWith(` ${patch.applyTo}`)),
    );
  }

  /** Those that change a kind of thing in a context. */
  of(applyTo: ApplyTo, context: PatchContext): readonly Trace[] {
    return this.#byTarget(`${context} ${applyTo}`);
  }

  /** Those that add a whole resource, whatever there is already. */
  additions(applyTo: "LISTENER" | "CLUSTER" | "EXTENSION_CONFIG"): readonly Trace[] {
    const contexts = this.kind === "gateway" ? ["ANY", "GATEWAY"] : ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND"];
    return this.traces.filter(
      ({ patch }) => patch.applyTo === applyTo && isAddition(patch.operation) && contexts.includes(patch.context),
    );
  }
}

/** Istio: where order means nothing, an insertion is an addition. */
export function isAddition(operation: Trace["patch"]["operation"]): boolean {
  return operation === "ADD" || operation.startsWith("INSERT_");
}

function isFor(context: PatchContext, key: string): boolean {
  return context === "ANY" || key.startsWith(`${context} `);
}

/** What is being patched, and by whom it has been. */
export interface Patching {
  readonly set: PatchSet;
  readonly context: PatchContext;
  readonly by: Set<ObjectRef>;
}

/** Notes that a patch has changed something. */
export function applied({ by }: Patching, trace: Trace): void {
  trace.hit();
  by.add(trace.filter.ref);
}

/** The traces of a kind that are meant here. */
export function tracesOf({ set, context }: Patching, applyTo: ApplyTo): readonly Trace[] {
  return set.of(applyTo, context);
}

/** How a merge treats lists; undefined for what is no merge. */
export function mergeLists({ patch }: Trace): "append" | "replace" | undefined {
  if (patch.operation === "MERGE") return "append";
  return patch.operation === "MERGE_AND_REPLACE_LIST" ? "replace" : undefined;
}
