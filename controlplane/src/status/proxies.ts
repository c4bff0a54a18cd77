import type { ObjectRef, Proxy } from "../model/types.ts";
import { KINDS } from "../snapshot/kinds.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { isSettled, progressOf, rejectionOf } from "../xds/machine.ts";
import type { Progress } from "../xds/machine.ts";
import type { StreamState } from "../xds/state.ts";
import type { ObjectPlace, ProxyStatus, RejectedResource } from "./types.ts";

/** What is known of a connected Envoy; times are ISO 8601. */
export interface StreamFacts {
  readonly state: StreamState;
  readonly connectedSince: string;
  readonly lastAck?: string;
  /** Empty if the node does not say it. */
  readonly envoyVersion: string;
}

/** `snapshot` is what the proxy should have, `stream` is absent while it is not connected. */
export function proxyStatus(
  proxy: Proxy,
  snapshot: ProxySnapshot | undefined,
  stream: StreamFacts | undefined,
): ProxyStatus {
  const resources = snapshot === undefined ? [] : resourcesOf(snapshot);
  const base = { id: proxy.id, kind: proxy.kind };
  if (stream === undefined) {
    const none = { total: resources.length, acked: 0 };
    return { ...base, state: "STALE", connected: false, reason: "not connected", resources: none, rejected: [] };
  }
  const { state, connectedSince, lastAck, envoyVersion } = stream;
  const progress = resources.map((resource) => ({ resource, progress: progressOf(state, resource) }));
  const acked = progress.filter((each) => each.progress === "acked").length;
  const rejected = progress.flatMap((each) => (each.progress === "rejected" ? [rejection(state, each.resource)] : []));
  const reason = staleReason(state, progress);
  return {
    ...base,
    state: rejected.length > 0 ? "REJECTED" : reason === undefined ? "SYNCED" : "STALE",
    connected: true,
    ...(reason === undefined ? {} : { reason }),
    connectedSince,
    ...(lastAck === undefined ? {} : { lastAck }),
    ...(envoyVersion === "" ? {} : { envoyVersion }),
    resources: { total: resources.length, acked },
    rejected,
  };
}

export function resourcesOf(snapshot: ProxySnapshot): EncodedResource[] {
  return KINDS.flatMap((kind) => [...snapshot.resources[kind].values()]);
}

export function placeOf({ kind, namespace, name, position }: ObjectRef): ObjectPlace {
  return { kind, namespace, name, file: position.file, line: position.line };
}

function rejection(state: StreamState, resource: EncodedResource): RejectedResource {
  return {
    type: resource.kind,
    resource: resource.name,
    message: rejectionOf(state, resource) ?? "",
    objects: resource.origins.map(placeOf),
  };
}

const reasons: readonly (readonly [Progress, string])[] = [
  ["sent", "waiting for the ACK of"],
  ["waiting", "not sent yet:"],
  ["unrequested", "Envoy has not asked for"],
];

/** `undefined` when the Envoy has everything, and nothing that it should not have. */
function staleReason(
  state: StreamState,
  progress: readonly { readonly resource: EncodedResource; readonly progress: Progress }[],
): string | undefined {
  for (const [wanted, text] of reasons) {
    const matching = progress.filter((each) => each.progress === wanted);
    const first = matching[0];
    if (first === undefined) continue;
    const more = matching.length > 1 ? ` and ${matching.length - 1} more` : "";
    return `${text} ${first.resource.kind} ${first.resource.name}${more}`;
  }
  return isSettled(state) ? undefined : "waiting for the ACK of removals";
}
