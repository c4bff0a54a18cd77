import type { EncodedResource, ResourceKind } from "../snapshot/types.ts";
import { interested, typeOf } from "./state.ts";
import type { StreamState, TypeState } from "./state.ts";

/** How far one resource of the snapshot has come on a stream. */
export type Progress = "acked" | "rejected" | "sent" | "waiting" | "unrequested";

/**
 * On the streams of one Envoy, of which one has the resource's type. "waiting": not sent yet; "unrequested": the Envoy has
 * not subscribed to it (a listener that names it is missing).
 */
export function progressOf(states: readonly StreamState[], resource: EncodedResource): Progress {
  return progressIn(typeIn(states, resource.kind), resource);
}

/** The same for all resources of a kind, which one of the streams has or none. */
export function progressOfAll(
  states: readonly StreamState[],
  kind: ResourceKind,
  resources: Iterable<EncodedResource>,
): { readonly resource: EncodedResource; readonly progress: Progress }[] {
  const type = typeIn(states, kind);
  return Array.from(resources, (resource) => ({ resource, progress: progressIn(type, resource) }));
}

function progressIn(type: TypeState | undefined, { name, version }: EncodedResource): Progress {
  if (type === undefined || !interested(type, name)) return "unrequested";
  const known = type.known.get(name);
  if (known?.rejected?.version === version) return "rejected";
  if (known?.told !== version) return "waiting";
  return known.acked === version ? "acked" : "sent";
}

function typeIn(states: readonly StreamState[], kind: ResourceKind): TypeState | undefined {
  for (const state of states) {
    const type = typeOf(state, kind);
    if (type !== undefined) return type;
  }
  return undefined;
}

/** Envoy's words about a rejected resource. */
export function rejectionOf(states: readonly StreamState[], { kind, name }: EncodedResource): string | undefined {
  return typeIn(states, kind)?.known.get(name)?.rejected?.message;
}
