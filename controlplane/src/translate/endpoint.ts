import { create } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { AddressSchema } from "../../gen/envoy/config/core/v3/address_pb.js";
import type { Address } from "../../gen/envoy/config/core/v3/address_pb.js";
import { MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Metadata } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { LbEndpointSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { LbEndpoint } from "../../gen/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { Endpoint, Labels, Service, ServicePort } from "../model/types.ts";
import { workloadId } from "../model/index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { metadataKey } from "./names.ts";
import { istioWorkload, peerOf } from "./peer.ts";
import { compare } from "./protobuf.ts";
import { selects } from "../model/index.ts";

/** An endpoint of a service's port, ready for every cluster that has it. */
export interface PortEndpoint {
  readonly address: string;
  readonly port: number;
  readonly labels: Labels;
  readonly message: LbEndpoint;
}

/** The endpoints of a service's port, made once for all its clusters. */
export function portEndpoints(index: MeshIndex, service: Service, port: ServicePort): readonly PortEndpoint[] {
  return service.endpoints
    .map((endpoint) => {
      const { address, labels } = endpoint;
      const number = targetPort(index, endpoint, port);
      return { address, port: number, labels, message: lbEndpoint(service, endpoint, number) };
    })
    .toSorted((a, b) => compare(a.address, b.address) || a.port - b.port);
}

/** The assignment of a cluster for those endpoints that have the subset's labels. */
export function loadAssignment(
  cluster: string,
  endpoints: readonly PortEndpoint[],
  labels: Labels,
): ClusterLoadAssignment {
  return assignment(
    cluster,
    endpoints.filter((endpoint) => selects(labels, endpoint.labels)).map(({ message }) => message),
  );
}

/** The assignment of a cluster with one address: a host name to resolve, or a sidecar's own program. */
export function singleAddress(cluster: string, address: string, port: number): ClusterLoadAssignment {
  return assignment(cluster, [
    create(LbEndpointSchema, {
      hostIdentifier: { case: "endpoint", value: { address: socketAddress(address, port) } },
    }),
  ]);
}

export function socketAddress(address: string, port: number): Address {
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

function lbEndpoint(service: Service, endpoint: Endpoint, port: number): LbEndpoint {
  return create(LbEndpointSchema, {
    hostIdentifier: { case: "endpoint", value: { address: socketAddress(endpoint.address, port) } },
    metadata: endpointMetadata(service, endpoint),
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
