import type { Declared } from "./kinds/decode-object.ts";
import type { ServiceEntry } from "./kinds/service-entry.ts";
import type { Mesh, MeshObject } from "./types.ts";

/** Declared objects by kind, each list sorted by namespace and name. */
export interface DeclaredLists extends Pick<
  Mesh,
  | "workloads"
  | "gateways"
  | "virtualServices"
  | "destinationRules"
  | "authorizationPolicies"
  | "requestAuthentications"
  | "telemetries"
  | "faultInjections"
  | "headerPolicies"
> {
  readonly serviceEntries: readonly ServiceEntry[];
}

export function objectsOf(declared: readonly Declared[]): DeclaredLists {
  return {
    serviceEntries: declared.flatMap((one) => (one.kind === "ServiceEntry" ? [one.object] : [])).toSorted(byName),
    workloads: declared.flatMap((one) => (one.kind === "WorkloadEntry" ? [one.object] : [])).toSorted(byName),
    gateways: declared.flatMap((one) => (one.kind === "Gateway" ? [one.object] : [])).toSorted(byName),
    virtualServices: declared.flatMap((one) => (one.kind === "VirtualService" ? [one.object] : [])).toSorted(byName),
    destinationRules: declared.flatMap((one) => (one.kind === "DestinationRule" ? [one.object] : [])).toSorted(byName),
    authorizationPolicies: declared
      .flatMap((one) => (one.kind === "AuthorizationPolicy" ? [one.object] : []))
      .toSorted(byName),
    requestAuthentications: declared
      .flatMap((one) => (one.kind === "RequestAuthentication" ? [one.object] : []))
      .toSorted(byName),
    telemetries: declared.flatMap((one) => (one.kind === "Telemetry" ? [one.object] : [])).toSorted(byName),
    faultInjections: declared.flatMap((one) => (one.kind === "FaultInjection" ? [one.object] : [])).toSorted(byName),
    headerPolicies: declared.flatMap((one) => (one.kind === "HeaderPolicy" ? [one.object] : [])).toSorted(byName),
  };
}

function byName(a: MeshObject, b: MeshObject): number {
  if (a.ref.namespace !== b.ref.namespace) return a.ref.namespace < b.ref.namespace ? -1 : 1;
  return a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0;
}
