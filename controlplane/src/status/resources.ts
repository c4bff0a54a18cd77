import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { Rejection } from "../snapshot/rejection.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "../snapshot/types.ts";
import { progressOf } from "../xds/progress.ts";
import type { StreamState } from "../xds/state.ts";
import { resourceOf } from "../snapshot/virtual-hosts.ts";
import { placeOf, resourcesOf } from "./proxies.ts";
import type { ResourceState, ResourceStatus } from "./types.ts";

/**
 * What has become of every resource at one proxy. `desired` is what the mesh wants, `given` the same without what is set
 * aside; `states` are the proxy's streams, none while it is not connected.
 */
export function resourceStatuses(
  desired: ProxySnapshot,
  given: ProxySnapshot,
  states: readonly StreamState[],
  rejections: readonly Rejection[],
): ResourceStatus[] {
  const wanted = resourcesOf(desired).map((resource) => {
    const rejection = rejections.find(
      ({ resource: { kind, name } }) => kind === resource.kind && name === resource.name,
    );
    const instead = given.resources[resource.kind].get(resource.name);
    const acked = ackedVersion(states, resource.kind, resource.name);
    return {
      type: resource.kind,
      name: resource.name,
      state: rejection === undefined ? stateOf(states, resource) : ("ERROR" as const),
      wanted: resource.version,
      ...(instead === undefined || instead.withheld === true ? {} : { given: instead.version }),
      ...(acked === undefined ? {} : { acked }),
      ...(rejection === undefined ? {} : { message: rejection.message }),
      objects: resource.origins.map(placeOf),
    };
  });
  return [...wanted, ...leaving(desired, states)];
}

/** What the Envoy still has though the mesh no longer wants it: it goes when nothing uses it any more. */
function leaving(desired: ProxySnapshot, states: readonly StreamState[]): ResourceStatus[] {
  return KINDS.flatMap((kind) => {
    const known = states.map((state) => state.types.get(TYPE_URLS[kind])?.known).find((each) => each !== undefined);
    return [...(known ?? [])]
      .filter(
        ([name, { acked, told }]) =>
          typeof told === "string" && acked !== undefined && resourceOf(desired, kind, name) === undefined,
      )
      .map(([name, { acked }]) => ({
        type: kind,
        name,
        state: "LEAVING" as const,
        ...(acked === undefined ? {} : { acked }),
        objects: [],
      }));
  });
}

const byProgress: Readonly<Record<ReturnType<typeof progressOf>, ResourceState>> = {
  acked: "SYNCED",
  rejected: "ERROR",
  sent: "STALE",
  waiting: "NOT_SENT",
  unrequested: "NOT_REQUESTED",
};

function stateOf(states: readonly StreamState[], resource: EncodedResource): ResourceState {
  return byProgress[progressOf(states, resource)];
}

function ackedVersion(states: readonly StreamState[], kind: ResourceKind, name: string): string | undefined {
  const type = states.map((state) => state.types.get(TYPE_URLS[kind])).find((each) => each !== undefined);
  return type?.known.get(name)?.acked;
}
