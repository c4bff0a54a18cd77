import { list, mapOf, nonEmptyList } from "../decode/collections.ts";
import type { Decoder } from "../decode/decoder.ts";
import { reportWarning } from "../decode/context.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { MeshObject } from "../types.ts";
import type { WorkloadSpec } from "./workload-entry.ts";

/** Endpoints of a Kubernetes Service, as its control plane writes them. */
export interface EndpointSlice extends MeshObject {
  /** Name of the Service, in the same namespace. */
  readonly service: string;
  readonly endpoints: readonly SliceEndpoint[];
}

/** An endpoint, and whether it is ready for requests. */
export type SliceEndpoint = WorkloadSpec & { readonly isReady: boolean };

interface Address extends Pick<SliceEndpoint, "locality"> {
  readonly address: string;
  readonly isReady: boolean;
}

interface EndpointSliceSpec {
  readonly addresses: readonly Address[];
  readonly ports: Readonly<Record<string, number>>;
}

const conditions = message(
  "EndpointConditions",
  { optional: { ready: boolean }, ignored: ["serving", "terminating"] },
  (given) => given.ready ?? true,
);

const endpoint = message(
  "Endpoint",
  {
    required: { addresses: nonEmptyList(nonEmptyString) },
    optional: { conditions, zone: string, deprecatedTopology: mapOf(string) },
    ignored: ["hostname", "nodeName", "targetRef", "hints"],
  },
  ({ addresses, conditions: isReady = true, ...place }): readonly Address[] => {
    const locality = localityOf(place.zone, place.deprecatedTopology);
    return addresses.slice(0, 1).map((address) => defined({ address, isReady, locality }));
  },
);

/** The region is a label of the node, which slices have but for old ones; see `withRegions`. */
function localityOf(zone: string | undefined, topology: Readonly<Record<string, string>> = {}): string | undefined {
  const region = topology["topology.kubernetes.io/region"] ?? "";
  const name = zone ?? topology["topology.kubernetes.io/zone"] ?? "";
  return region === "" && name === "" ? undefined : `${region}/${name}`;
}

const port = message(
  "EndpointPort",
  { required: { port: portNumber }, optional: { name: string }, ignored: ["protocol", "appProtocol"] },
  (given) => given,
);

/** Kubernetes: EndpointSlice. Of an endpoint's addresses the first is used, as Kubernetes itself does. */
export const endpointSliceSpec: Decoder<EndpointSliceSpec> = message(
  "EndpointSlice",
  {
    required: { addressType: enumeration(["IPv4", "IPv6", "FQDN"]), endpoints: list(endpoint) },
    optional: { ports: list(port) },
  },
  (given, place) => {
    if (given.addressType === "FQDN") warnOfNames(place);
    return defined({
      addresses: given.addressType === "FQDN" ? [] : given.endpoints.flat(),
      ports: Object.fromEntries((given.ports ?? []).map(({ name = "", port: number }) => [name, number])),
    });
  },
);

function warnOfNames(place: Place): void {
  reportWarning(place.context, {
    offset: place.value("addressType"),
    path: "addressType",
    code: "SLU0003",
    message: "addressType is FQDN, which neither Kubernetes nor Istio acts on: the slice has no endpoints",
    allowed: "IPv4, IPv6",
    fix: "name the host in a ServiceEntry with resolution: DNS",
  });
}

export function buildEndpointSlice(meta: ObjectMeta, spec: EndpointSliceSpec): EndpointSlice {
  return {
    ref: meta.ref,
    labels: meta.labels,
    service: meta.labels["kubernetes.io/service-name"] ?? "",
    endpoints: spec.addresses.map((one) => ({
      ...one,
      ports: spec.ports,
      labels: {},
      weight: 1,
      serviceAccount: "",
    })),
  };
}
