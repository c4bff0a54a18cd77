import type { JsonObject } from "@bufbuild/protobuf";
import type { ObjectRef, Proxy } from "../model/types.ts";
import { KINDS } from "../snapshot/kinds.ts";
import type { Rejection } from "../snapshot/rejection.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { isSettled } from "../xds/machine.ts";
import { progressOfAll, rejectionOf } from "../xds/progress.ts";
import type { Progress } from "../xds/progress.ts";
import type { StreamState } from "../xds/state.ts";
import type { ObjectPlace, ProxyStatus, RejectedResource } from "./types.ts";

/** What is known of a connected Envoy; times are ISO 8601. */
export interface StreamFacts {
  /** Of its streams: one if it is aggregated, else one for each type. */
  readonly states: readonly StreamState[];
  readonly connectedSince: string;
  readonly lastAck?: string;
  readonly nodeId: string;
  readonly metadata: JsonObject;
  /** Empty if the node does not say it. */
  readonly envoyVersion: string;
  /** See the quarantine. */
  readonly proxyClass: string;
}

/** A resource that a proxy should have, and how far it has come. */
export interface Standing {
  readonly resource: EncodedResource;
  readonly progress: Progress;
}

/**
 * Of all that a proxy should have; of what it may ask for and need not, virtual hosts on demand, of that which it did ask for.
 * `states` are its streams: none while it is not connected.
 */
export function standings(snapshot: ProxySnapshot | undefined, states: readonly StreamState[]): Standing[] {
  if (snapshot === undefined) return [];
  return KINDS.flatMap((kind) => {
    const all = progressOfAll(states, kind, snapshot.resources[kind].values());
    return kind === "virtualHost" ? all.filter(({ progress }) => progress !== "unrequested") : all;
  });
}

/** `stream` is absent while the proxy is not connected, `rejections` are what is set aside for it. */
export function proxyStatus(
  proxy: Proxy,
  all: readonly Standing[],
  stream: StreamFacts | undefined,
  rejections: readonly Rejection[] = [],
): ProxyStatus {
  const rejected = rejectedResources(all, stream?.states ?? [], rejections);
  const base = { id: proxy.id, kind: proxy.kind };
  if (stream === undefined) {
    const none = { total: all.length, acked: 0 };
    return { ...base, state: "STALE", connected: false, reason: "not connected", resources: none, rejected };
  }
  const { states, connectedSince, lastAck, envoyVersion } = stream;
  const isRejected = new Set(rejected.map(({ type, resource }) => `${type} ${resource}`));
  const progress =
    isRejected.size === 0 ? all : all.filter(({ resource: { kind, name } }) => !isRejected.has(`${kind} ${name}`));
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
    resources: { total: all.length, acked },
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
  all: readonly Standing[],
  states: readonly StreamState[],
  rejections: readonly Rejection[],
): RejectedResource[] {
  const aside = new Map(rejections.map((each) => [identity(each.resource), each]));
  const rejected = all.flatMap(({ resource, progress }) => {
    const rejection = aside.size === 0 ? undefined : aside.get(identity(resource));
    if (rejection === undefined && progress !== "rejected") return [];
    aside.delete(identity(resource));
    return [{ resource, rejection }];
  });
  // Hosts that a pattern gave stand in no table.
  for (const rejection of aside.values())
    if (rejection.resource.kind === "virtualHost") rejected.push({ resource: rejection.resource, rejection });
  return rejected.map(({ resource, rejection }) => ({
    type: resource.kind,
    resource: resource.name,
    message: rejection?.message ?? rejectionOf(states, resource) ?? "",
    ...(rejection === undefined ? {} : { rejectedBy: [...rejection.by] }),
    ...(rejection?.good === undefined ? {} : { instead: rejection.good.version }),
    objects: resource.origins.map(placeOf),
  }));
}

function identity({ kind, name, version }: EncodedResource): string {
  return `${kind}\0${name}\0${version}`;
}

const reasons: readonly (readonly [Progress, string])[] = [
  ["sent", "waiting for the ACK of"],
  ["waiting", "not sent yet:"],
  ["unrequested", "Envoy has not asked for"],
];

/** `undefined` when the Envoy has everything, and nothing that it should not have. */
function staleReason(states: readonly StreamState[], progress: readonly Standing[]): string | undefined {
  for (const [wanted, text] of reasons) {
    const matching = progress.filter((each) => each.progress === wanted);
    const first = matching[0];
    if (first === undefined) continue;
    const more = matching.length > 1 ? ` and ${matching.length - 1} more` : "";
    return `${text} ${first.resource.kind} ${first.resource.name}${more}`;
  }
  return states.every(isSettled) ? undefined : "waiting for the ACK of removals";
}
