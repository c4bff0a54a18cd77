import type { ObjectRef, Proxy } from "../model/types.ts";
import { KINDS } from "../snapshot/kinds.ts";
import type { Rejection } from "../snapshot/quarantine.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { isSettled, progressOf, rejectionOf } from "../xds/machine.ts";
import type { Progress } from "../xds/machine.ts";
import type { StreamState } from "../xds/state.ts";
import type { ObjectPlace, ProxyStatus, RejectedResource } from "./types.ts";

/** What is known of a connected Envoy; times are ISO 8601. */
export interface StreamFacts {
  /** Of its streams: one if it is aggregated, else one for each type. */
  readonly states: readonly StreamState[];
  readonly connectedSince: string;
  readonly lastAck?: string;
  readonly nodeId: string;
  /** Empty if the node does not say it. */
  readonly envoyVersion: string;
  /** See the quarantine. */
  readonly proxyClass: string;
}

/**
 * `snapshot` is what the proxy should have, `stream` is absent while it is not connected, `rejections` are what is set aside
 * for it.
 */
export function proxyStatus(
  proxy: Proxy,
  snapshot: ProxySnapshot | undefined,
  stream: StreamFacts | undefined,
  rejections: readonly Rejection[] = [],
): ProxyStatus {
  const resources = snapshot === undefined ? [] : resourcesOf(snapshot);
  const rejected = rejectedResources(resources, stream, rejections);
  const base = { id: proxy.id, kind: proxy.kind };
  if (stream === undefined) {
    const none = { total: resources.length, acked: 0 };
    return { ...base, state: "STALE", connected: false, reason: "not connected", resources: none, rejected };
  }
  const { states, connectedSince, lastAck, envoyVersion } = stream;
  const isRejected = new Set(rejected.map(({ type, resource }) => `${type} ${resource}`));
  const progress = resources
    .filter(({ kind, name }) => !isRejected.has(`${kind} ${name}`))
    .map((resource) => ({ resource, progress: progressOf(states, resource) }));
  const acked = progress.filter((each) => each.progress === "acked").length;
  const reason = staleReason(states, progress);
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

/** What is set aside for the proxy, and what its own Envoy has refused just now. */
function rejectedResources(
  resources: readonly EncodedResource[],
  stream: StreamFacts | undefined,
  rejections: readonly Rejection[],
): RejectedResource[] {
  const states = stream?.states ?? [];
  return resources.flatMap((resource) => {
    const { kind, name, version } = resource;
    const aside = rejections.find(({ resource: of }) => of.kind === kind && of.name === name && of.version === version);
    if (aside === undefined && progressOf(states, resource) !== "rejected") return [];
    return {
      type: kind,
      resource: name,
      message: aside?.message ?? rejectionOf(states, resource) ?? "",
      ...(aside === undefined ? {} : { rejectedBy: [...aside.by] }),
      ...(aside?.good === undefined ? {} : { instead: aside.good.version }),
      objects: resource.origins.map(placeOf),
    };
  });
}

const reasons: readonly (readonly [Progress, string])[] = [
  ["sent", "waiting for the ACK of"],
  ["waiting", "not sent yet:"],
  ["unrequested", "Envoy has not asked for"],
];

/** `undefined` when the Envoy has everything, and nothing that it should not have. */
function staleReason(
  states: readonly StreamState[],
  progress: readonly { readonly resource: EncodedResource; readonly progress: Progress }[],
): string | undefined {
  for (const [wanted, text] of reasons) {
    const matching = progress.filter((each) => each.progress === wanted);
    const first = matching[0];
    if (first === undefined) continue;
    const more = matching.length > 1 ? ` and ${matching.length - 1} more` : "";
    return `${text} ${first.resource.kind} ${first.resource.name}${more}`;
  }
  return states.every(isSettled) ? undefined : "waiting for the ACK of removals";
}
