import type { Declared } from "./kinds/decode-object.ts";
import type { EndpointSlice } from "./kinds/endpoint-slice.ts";
import type { ServiceEntry } from "./kinds/service-entry.ts";
import { DEFAULT_CONFIG } from "./empty-mesh.ts";
import { withExportDefault } from "./export-defaults.ts";
import type { WorkloadGroup } from "./workload-group.ts";
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
  | "envoyFilters"
  | "proxyConfigs"
> {
  readonly serviceEntries: readonly ServiceEntry[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly workloadGroups: readonly WorkloadGroup[];
  readonly config: MeshConfig;
}

/** What an object of a kind is. */
type ObjectOf<K extends Declared["kind"]> = Extract<Declared, { kind: K }>["object"];

export function objectsOf(declared: readonly Declared[]): DeclaredLists {
  // One pass for all kinds: this is done several times for each saved file.
  const byKind = Map.groupBy(declared, ({ kind }) => kind);
  const of = <K extends Declared["kind"]>(kind: K): ObjectOf<K>[] =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a group has objects of its kind only
    (byKind.get(kind) ?? []).map(({ object }) => object as ObjectOf<K>);
  const config = of("MeshConfig")[0] ?? DEFAULT_CONFIG;
  const { services, virtualServices, destinationRules } = config.exportTo ?? {};
  return {
    config,
    serviceEntries: withExportDefault(of("ServiceEntry").toSorted(byName), services),
    workloads: of("WorkloadEntry").toSorted(byName),
    gateways: of("Gateway").toSorted(byName),
    virtualServices: withExportDefault(of("VirtualService").toSorted(byName), virtualServices),
    destinationRules: withExportDefault(of("DestinationRule").toSorted(byName), destinationRules),
    authorizationPolicies: of("AuthorizationPolicy").toSorted(byName),
    requestAuthentications: of("RequestAuthentication").toSorted(byName),
    endpointSlices: of("EndpointSlice").toSorted(byName),
    sidecars: of("Sidecar").toSorted(byName),
    envoyFilters: of("EnvoyFilter").toSorted(byName),
    proxyConfigs: of("ProxyConfig").toSorted(byName),
    workloadGroups: of("WorkloadGroup").toSorted(byName),
    secrets: of("Secret").toSorted(byName),
    telemetries: of("Telemetry").toSorted(byName),
    faultInjections: of("FaultInjection").toSorted(byName),
    headerPolicies: of("HeaderPolicy").toSorted(byName),
  };
}

function byName(a: MeshObject, b: MeshObject): number {
  if (a.ref.namespace !== b.ref.namespace) return a.ref.namespace < b.ref.namespace ? -1 : 1;
  return a.ref.name < b.ref.name ? -1 : a.ref.name > b.ref.name ? 1 : 0;
}
