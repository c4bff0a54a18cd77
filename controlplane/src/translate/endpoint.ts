import type { JsonObject } from "@bufbuild/protobuf";
import { AddressSchema } from "../../gen/envoy/config/core/v3/address_pb.js";
import type { Address } from "../../gen/envoy/config/core/v3/address_pb.js";
import { LocalitySchema, MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Locality, Metadata } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { LbEndpointSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { LbEndpoint } from "../../gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { Endpoint, Labels, Service, ServicePort } from "../model/types.ts";
import { workloadId } from "../model/index.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import { create } from "./create.ts";
import { groupByLocality, parts } from "./locality.ts";
import type { ClientPlace, LocalityGroup, LocalityMode } from "./locality.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { memo } from "./memo.ts";
import { metadataKey } from "./names.ts";
import { istioWorkload, peerOf } from "./peer.ts";
import { compare } from "./protobuf.ts";
import { isUnix, selects, UNIX } from "../model/index.ts";

/** An endpoint of a service's port, ready for every cluster that has it. */
export interface PortEndpoint {
  readonly address: string;
  readonly port: number;
  readonly labels: Labels;
  readonly locality?: string;
  readonly weight: number;
  readonly message: LbEndpoint;
}

/** The endpoints of each of a service's ports, made once for all its clusters. */
export function endpointsByPort(index: MeshIndex, service: Service): (port: ServicePort) => readonly PortEndpoint[] {
  const metadataOf = memo(
    (endpoint: Endpoint) => endpoint,
    (endpoint) => {
      const metadata = endpointMetadata(service, endpoint);
      // The same at every port.
      return service.ports.length > 1 ? keepBytes(MetadataSchema, metadata) : metadata;
    },
  );
  return (port) => portEndpoints(index, service, port, metadataOf);
}

function portEndpoints(
  index: MeshIndex,
  service: Service,
  port: ServicePort,
  metadataOf: (endpoint: Endpoint) => Metadata,
): readonly PortEndpoint[] {
  return service.endpoints
    .map((endpoint) => {
      const { address, labels, locality, weight } = endpoint;
      const number = targetPort(index, endpoint, port);
      const message = lbEndpoint(endpoint, number, metadataOf(endpoint));
      const made = { address, port: number, labels, weight, message };
      return locality === undefined ? made : { ...made, locality };
    })
    .toSorted((a, b) => compare(a.address, b.address) || a.port - b.port);
}

/** Endpoints in the order in which their localities are to be used. */
export type LocatedEndpoints = readonly LocalityGroup<PortEndpoint>[];

/** Those of the endpoints that have the subset's labels, as the client is to use them. */
export function locatedEndpoints(
  endpoints: readonly PortEndpoint[],
  labels: Labels,
  mode: LocalityMode,
  client: ClientPlace,
): LocatedEndpoints {
  const chosen = endpoints.filter((endpoint) => selects(labels, endpoint.labels));
  return groupByLocality(chosen, mode, client);
}

/** The assignment of a cluster. */
export function loadAssignment(clusterName: string, groups: LocatedEndpoints): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: groups.map(({ locality, priority, weight, endpoints }) => ({
      ...(locality === "" ? {} : { locality: localityOf(locality) }),
      priority,
      ...(weight === undefined ? {} : { loadBalancingWeight: weight }),
      lbEndpoints: endpoints.map(({ message }) => message),
    })),
  });
}

function localityOf(text: string): Locality {
  const [region, zone, subZone] = parts(text);
  return create(LocalitySchema, { region, zone, subZone });
}

/** The assignment of a cluster with one address: a host name to resolve, or a sidecar's own program. */
export function singleAddress(cluster: string, address: string, port: number): ClusterLoadAssignment {
  return assignment(cluster, [
    create(LbEndpointSchema, {
      hostIdentifier: { case: "endpoint", value: { address: socketAddress(address, port) } },
    }),
  ]);
}

/** A socket by its IP address or host name and port, or a Unix socket by its path behind `unix://`. */
export function socketAddress(address: string, port: number): Address {
  if (isUnix(address))
    return create(AddressSchema, { address: { case: "pipe", value: { path: address.slice(UNIX.length) } } });
  return create(AddressSchema, {
    address: {
      case: "socketAddress",
      value: { address, portSpecifier: { case: "portValue", value: port } },
    },
  });
}

function assignment(clusterName: string, lbEndpoints: LbEndpoint[]): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: lbEndpoints.length > 0 ? [{ lbEndpoints }] : [],
  });
}

// Peers reach a program through its sidecar, where it has one.
function targetPort(index: MeshIndex, endpoint: Endpoint, port: ServicePort): number {
  const appPort = endpoint.ports[port.name] ?? port.targetPort ?? port.number;
  const sidecar = endpoint.workload && index.sidecarPorts.get(workloadId(endpoint.workload));
  return sidecar?.get(appPort) ?? appPort;
}

function lbEndpoint(endpoint: Endpoint, port: number, metadata: Metadata): LbEndpoint {
  return create(LbEndpointSchema, {
    hostIdentifier: { case: "endpoint", value: { address: socketAddress(endpoint.address, port) } },
    metadata,
    // Envoy refuses weight 0, Istio takes it for unset.
    loadBalancingWeight: Math.max(1, endpoint.weight),
  });
}

function endpointMetadata(service: Service, { workload, labels }: Endpoint): Metadata {
  const identity = { name: workload?.name ?? "", namespace: workload?.namespace ?? service.namespace, labels };
  const filterMetadata: Record<string, JsonObject> = {
    istio: { workload: istioWorkload(identity) },
    // Which service and workload it is, in one value: all that telemetry asks of an upstream.
    [metadataKey]: { destination: `${service.host};${peerOf(identity)}` },
  };
  return create(MetadataSchema, { filterMetadata });
}
