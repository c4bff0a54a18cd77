import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_EdsClusterConfigSchema,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { InboundPort, Proxy, Service, ServicePort } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { subsetPolicy } from "./destination-rule.ts";
import type { MergedRule } from "./destination-rule.ts";
import { loadAssignment, portEndpoints, singleAddress } from "./endpoint.ts";
import type { PortEndpoint } from "./endpoint.ts";
import { isWildcard } from "../model/index.ts";
import { httpPorts, isHttp2 } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { inboundCluster, outboundCluster } from "./names.ts";
import { clusterResource, endpointResource } from "./resource.ts";
import { clusterSettings } from "./traffic-policy.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

type Subset = Pick<MergedRule["subsets"][number], "name" | "labels">;

interface ServiceCluster {
  readonly service: Service;
  readonly port: ServicePort;
  readonly endpoints: readonly PortEndpoint[];
  readonly rule: MergedRule | undefined;
}

/** The clusters of a service, one per HTTP port and subset, with their endpoints where EDS has them. */
export function outboundResources(
  index: MeshIndex,
  service: Service,
  rule: MergedRule | undefined,
): readonly Resource[] {
  const subsets = [{ name: "", labels: {} }, ...(rule?.subsets ?? [])];
  return httpPorts(service).flatMap((port) => {
    const endpoints = portEndpoints(index, service, port);
    return subsets.flatMap((subset) => subsetResources({ service, port, endpoints, rule }, subset));
  });
}

function subsetResources({ service, port, endpoints, rule }: ServiceCluster, subset: Subset): readonly Resource[] {
  const name = outboundCluster(port.number, subset.name, service.host);
  const assignment = loadAssignment(name, endpoints, subset.labels);
  const discovery = service.resolution === "STATIC" ? eds : resolveNames(service, port, assignment);
  if (discovery === undefined) {
    return [];
  }
  const settings = clusterSettings(subsetPolicy(rule, subset.name), isHttp2(port.protocol));
  const origins = [service.ref, ...(rule?.refs ?? [])];
  const cluster = clusterResource(create(ClusterSchema, { name, ...settings, ...discovery }), origins);
  const workloads = service.endpoints.flatMap(({ workload }) => (workload ? [workload.ref] : []));
  return discovery === eds ? [cluster, endpointResource(assignment, [...origins, ...workloads])] : [cluster];
}

const eds: ClusterInit = {
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
  edsClusterConfig: create(Cluster_EdsClusterConfigSchema, { edsConfig: adsConfigSource }),
};

// Undefined where there is no name to resolve.
function resolveNames(service: Service, port: ServicePort, assignment: ClusterLoadAssignment): ClusterInit | undefined {
  const addresses = assignment.endpoints[0]?.lbEndpoints ?? [];
  if (addresses.length === 0 && (service.endpoints.length > 0 || isWildcard(service.host))) {
    return undefined;
  }
  const logical = service.resolution === "DNS_ROUND_ROBIN" && addresses.length < 2;
  return {
    clusterDiscoveryType: {
      case: "type",
      value: logical ? Cluster_DiscoveryType.LOGICAL_DNS : Cluster_DiscoveryType.STRICT_DNS,
    },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
    // Without endpoints the host itself is resolved. So it is with resolution NONE: Istio would connect to the address
    // that the client had connected to, which a client of an explicit proxy has not chosen.
    loadAssignment:
      addresses.length > 0 ? assignment : singleAddress(assignment.clusterName, service.host, port.number),
  };
}

/** The cluster from a sidecar to the program behind one of its inbound ports. */
export function inboundResource(proxy: Proxy, inbound: InboundPort): Resource {
  const name = inboundCluster(inbound.appPort, inboundHost(proxy, inbound));
  const http2 = inbound.service !== undefined && isHttp2(inbound.service.port.protocol);
  const cluster = create(ClusterSchema, {
    name,
    ...clusterSettings({}, http2),
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    loadAssignment: singleAddress(name, proxy.workload.address, inbound.appPort),
  });
  return clusterResource(cluster, [proxy.workload.ref]);
}

/** What stands for the service in the name of an inbound cluster. */
export function inboundHost(proxy: Proxy, inbound: InboundPort): string {
  return inbound.service?.host ?? proxy.id;
}
