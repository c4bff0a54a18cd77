import type { Declared } from "./kinds/decode-object.ts";
import type { EndpointSlice } from "./kinds/endpoint-slice.ts";
import type { ServiceEntry } from "./kinds/service-entry.ts";
import { DEFAULT_CONFIG } from "./empty-mesh.ts";
import type { Mesh, MeshConfig, MeshObject } from "./types.ts";

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
  | "secrets"
  | "sidecars"
> {
  readonly serviceEntries: readonly ServiceEntry[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly config: MeshConfig;
}

export function objectsOf(declared: readonly Declared[]): DeclaredLists {
  return {
    config: declared.flatMap((one) => (one.kind === "MeshConfig" ? [one.object] : []))[0] ?? DEFAULT_CONFIG,
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
    endpointSlices: declared.flatMap((one) => (one.kind === "EndpointSlice" ? [one.object] : [])).toSorted(byName),
    sidecars: declared.flatMap((one) => (one.kind === "Sidecar" ? [one.object] : [])).toSorted(byName),
    secrets: declared.flatMap((one) => (one.kind === "Secret" ? [one.object] : [])).toSorted(byName),
    telemetries: declared.flatMap((one) => (one.kind === "Telemetry" ? [one.object] : [])).toSorted(byName),
    faultInjections: declared.flatMap((one) => (one.kind === "FaultInjection" ? [one.object] : [])).toSorted(byName),
    headerPolicies: declared.flatMap((one) => (one.kind === "HeaderPolicy" ? [one.object] : [])).toSorted(byName),
  };
}

function byName(a: MeshObject, b: MeshObject): number {
  if (a.ref.namespace !== b.ref.namespace) return a.ref.namespace < b.ref.namespace ? -1 : 1;
  return a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0;
}
