import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Cluster_CommonLbConfig_LocalityWeightedLbConfigSchema,
  Cluster_CommonLbConfigSchema,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_EdsClusterConfigSchema,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { InboundPort, Protocol, Proxy, Service, ServicePort, TrafficPolicy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { subsetPolicy } from "./destination-rule.ts";
import type { MergedRule } from "./destination-rule.ts";
import { loadAssignment, locatedEndpoints, portEndpoints, singleAddress } from "./endpoint.ts";
import type { PortEndpoint } from "./endpoint.ts";
import { isWildcard } from "../model/index.ts";
import { byRequest, isResolvedByRequest } from "./forward-proxy.ts";
import { localityMode } from "./locality.ts";
import type { ClientPlace } from "./locality.ts";
import { isHttp, isHttp2, distinctPorts } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { inboundCluster, outboundCluster } from "./names.ts";
import { clusterResource, endpointResource } from "./resource.ts";
import { clusterSettings } from "./traffic-policy.ts";
import type { PortProtocol } from "./traffic-policy.ts";
import { transportSocket } from "./transport-socket.ts";

type ClusterInit = Exclude<MessageInitShape<typeof ClusterSchema>, { $typeName: string }>;

type Subset = Pick<MergedRule["subsets"][number], "name" | "labels">;

/** Whose clusters they are. */
export interface ClusterClient extends ClientPlace {
  readonly kind: Proxy["kind"];
}

interface ServiceCluster {
  readonly index: MeshIndex;
  readonly service: Service;
  readonly port: ServicePort;
  readonly endpoints: readonly PortEndpoint[];
  readonly rule: MergedRule | undefined;
  readonly client: ClusterClient;
}

/** The clusters of a service, one per port and subset, with their endpoints where EDS has them. */
export function outboundResources(
  index: MeshIndex,
  service: Service,
  rule: MergedRule | undefined,
  client: ClusterClient,
): readonly Resource[] {
  const subsets = [{ name: "", labels: {} }, ...(rule?.subsets ?? [])];
  return distinctPorts(service).flatMap((port) => {
    const endpoints = portEndpoints(index, service, port);
    return subsets.flatMap((subset) => subsetResources({ index, service, port, endpoints, rule, client }, subset));
  });
}

function subsetResources(of: ServiceCluster, subset: Subset): readonly Resource[] {
  const { index, service, port, endpoints, rule, client } = of;
  const name = outboundCluster(port.number, subset.name, service.host);
  const written = subsetPolicy(rule, subset.name, port.number);
  const policy = client.kind === "gateway" || rule?.selecting === true ? written : withoutSecrets(written);
  const mode = localityMode(policy.loadBalancer?.locality, policy.outlierDetection !== undefined, client);
  const groups = locatedEndpoints(endpoints, subset.labels, mode, client);
  const discovery = service.resolution === "STATIC" ? eds : resolveNames(service, port, loadAssignment(name, groups));
  if (discovery === undefined) {
    return [];
  }
  const protocol = portProtocol(port.protocol);
  const settings = clusterSettings(policy, protocol);
  const socket = transportSocket(policy, {
    http2: protocol === "http2",
    systemRoots: index.systemRoots,
    subjectAltNames: service.subjectAltNames ?? [],
  });
  const origins = [service.ref, ...(rule?.refs ?? [])];
  const cluster = create(ClusterSchema, {
    name,
    ...(discovery === byRequest ? withoutBalancer(settings) : settings),
    ...discovery,
    ...(socket && { transportSocket: socket }),
  });
  if (mode.kind === "distribute") weightLocalities(cluster);
  const resource = clusterResource(cluster, origins);
  if (discovery !== eds) return [resource];
  const workloads = service.endpoints.flatMap(({ workload }) => (workload ? [workload.ref] : []));
  return [resource, endpointResource(loadAssignment(name, groups), [...origins, ...workloads])];
}

// Istio: a sidecar gets no secrets by name unless the rule is for chosen workloads; it then does without TLS.
function withoutSecrets(policy: TrafficPolicy): TrafficPolicy {
  if (policy.tls?.credentialName === undefined) return policy;
  const { tls: _, ...plain } = policy;
  return plain;
}

// Envoy takes the address of each request, and has nothing to choose from.
function withoutBalancer(settings: ClusterInit): ClusterInit {
  const { lbConfig: _, ...rest } = settings;
  return rest;
}

function weightLocalities(cluster: Cluster): void {
  const common = cluster.commonLbConfig ?? create(Cluster_CommonLbConfigSchema);
  cluster.commonLbConfig = common;
  common.localityConfigSpecifier = {
    case: "localityWeightedLbConfig",
    value: create(Cluster_CommonLbConfig_LocalityWeightedLbConfigSchema),
  };
}

function portProtocol(protocol: Protocol): PortProtocol {
  if (isHttp2(protocol)) return "http2";
  return isHttp(protocol) ? "http1" : "tcp";
}

const eds: ClusterInit = {
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
  edsClusterConfig: create(Cluster_EdsClusterConfigSchema, { edsConfig: adsConfigSource }),
};

// Undefined where there is no name to resolve.
function resolveNames(service: Service, port: ServicePort, assignment: ClusterLoadAssignment): ClusterInit | undefined {
  if (isResolvedByRequest(service)) return isHttp(port.protocol) ? byRequest : undefined;
  const addresses = assignment.endpoints.flatMap(({ lbEndpoints }) => lbEndpoints);
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
  // A port that no service speaks of is taken for HTTP.
  const protocol = portProtocol(inbound.service?.port.protocol ?? "HTTP");
  const cluster = create(ClusterSchema, {
    name,
    ...clusterSettings({}, protocol),
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    loadAssignment: singleAddress(name, proxy.workload.address, inbound.appPort),
  });
  return clusterResource(cluster, [proxy.workload.ref]);
}

/** What stands for the service in the name of an inbound cluster. */
export function inboundHost(proxy: Proxy, inbound: InboundPort): string {
  return inbound.service?.host ?? proxy.id;
}
