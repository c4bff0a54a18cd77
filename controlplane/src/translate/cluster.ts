import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { GatewayServer, Protocol, Proxy, Service, ServicePort, TrafficPolicy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { discoveryOf, eds } from "./cluster-discovery.ts";
import { balanceLocalities } from "./cluster-locality.ts";
import { create } from "./create.ts";
import { subsetPolicy } from "./destination-rule.ts";
import type { MergedRule } from "./destination-rule.ts";
import { endpointsByPort, loadAssignment, locatedEndpoints } from "./endpoint.ts";
import type { PortEndpoint } from "./endpoint.ts";
import { DEFAULT_AUTHORIZATION } from "../model/index.ts";
import { byRequest, withoutBalancer } from "./forward-proxy.ts";
import { localityMode } from "./locality.ts";
import type { ClientPlace } from "./locality.ts";
import { isHttp, isHttp2, distinctPorts } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { outboundCluster, outboundServerName } from "./names.ts";
import { withDefaults, withLocality } from "./mesh-defaults.ts";
import { clusterResource, endpointResource } from "./resource.ts";
import { statName } from "./stat-name.ts";
import { isPassed } from "./auto-passthrough.ts";
import { clusterSettings } from "./traffic-policy.ts";
import { transportSocket } from "./transport-socket.ts";
import type { PortProtocol } from "./transport-socket.ts";

type Subset = Pick<MergedRule["subsets"][number], "name" | "labels">;

/** Whose clusters they are. */
export interface ClusterClient extends ClientPlace {
  readonly kind: Proxy["kind"];
  /** Whose Secrets it may have. */
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Hosts of the services that its clients may ask for by the names of clusters. */
  readonly passes?: GatewayServer["hosts"];
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
  const endpointsOf = endpointsByPort(index, service);
  return distinctPorts(service).flatMap((port) => {
    const endpoints = endpointsOf(port);
    const cluster = { index, service, port, endpoints, rule, client };
    return subsets.flatMap((subset) => [
      ...subsetResources(cluster, subset),
      ...(isPassed(service, client.passes ?? []) ? passedResources(cluster, subset) : []),
    ]);
  });
}

// For connections that are passed on as they are, by the name that clients ask for.
function passedResources(of: ServiceCluster, subset: Subset): readonly Resource[] {
  const { port, service, rule } = of;
  const { tls: _, proxyProtocol: __, ...policy } = subsetPolicy(rule, subset.name, port.number);
  const asTcp = { ...port, protocol: "TCP" as const };
  return clusterResources(
    { ...of, port: asTcp },
    subset,
    policy,
    outboundServerName(port.number, subset.name, service.host),
  );
}

function subsetResources(of: ServiceCluster, subset: Subset): readonly Resource[] {
  const written = subsetPolicy(of.rule, subset.name, of.port.number);
  const name = outboundCluster(of.port.number, subset.name, of.service.host);
  return clusterResources(of, subset, written, name);
}

function clusterResources(
  of: ServiceCluster,
  subset: Subset,
  written: TrafficPolicy,
  name: string,
): readonly Resource[] {
  const { index, service, port, endpoints, rule, client } = of;
  const { config } = index.mesh;
  const ruled = client.kind === "gateway" || rule?.selecting === true ? written : withoutSecrets(written);
  const policy = withDefaults(ruled, config.trafficDefaults);
  const mode = localityMode(
    withLocality(policy.loadBalancer, config.locality),
    policy.outlierDetection !== undefined,
    client,
  );
  const groups = locatedEndpoints(endpoints, subset.labels, mode, client);
  const assignment = loadAssignment(name, groups);
  const discovery = discoveryOf({ mesh: index.mesh, service, port, client }, policy, assignment);
  if (discovery === undefined) {
    return [];
  }
  const protocol = portProtocol(port.protocol);
  const settings = clusterSettings(policy, protocol);
  const socket = transportSocket(policy, {
    protocol,
    systemRoots: index.systemRoots,
    subjectAltNames: service.subjectAltNames ?? [],
    own: () => ({
      sni: outboundServerName(port.number, subset.name, service.host),
      identities: identitiesOf(index, service),
    }),
  });
  const origins = [service.ref, ...(rule?.refs ?? [])];
  const cluster = create(ClusterSchema, {
    name,
    ...(discovery === byRequest ? withoutBalancer(settings) : settings),
    ...discovery,
    ...statName(config.statNames?.outbound, service.host, port, subset.name, port.targetPort),
    ...(socket && { transportSocket: socket }),
  });
  balanceLocalities(cluster, mode);
  const resource = clusterResource(cluster, origins);
  if (discovery !== eds) return [resource];
  const workloads = service.endpoints.flatMap(({ workload }) => (workload ? [workload.ref] : []));
  return [resource, endpointResource(assignment, [...origins, ...workloads])];
}

/** Istio: secure naming. Empty, and thus not checked, where the identity of some endpoint is not known. */
function identitiesOf({ mesh }: MeshIndex, { endpoints, subjectAltNames = [] }: Service): readonly string[] {
  if (subjectAltNames.length > 0) return subjectAltNames;
  const accounts = endpoints.map(({ workload }) =>
    workload === undefined || workload.serviceAccount === ""
      ? undefined
      : `ns/${workload.namespace}/sa/${workload.serviceAccount}`,
  );
  const { trustDomain } = mesh.config.authorization ?? DEFAULT_AUTHORIZATION;
  const known = accounts.filter((one) => one !== undefined);
  return known.length < accounts.length ? [] : [...new Set(known)].map((one) => `spiffe://${trustDomain}/${one}`);
}

// Istio: a sidecar gets no secrets by name unless the rule is for chosen workloads; it then does without TLS.
function withoutSecrets(policy: TrafficPolicy): TrafficPolicy {
  if (policy.tls?.credentialName === undefined) return policy;
  const { tls: _, ...plain } = policy;
  return plain;
}

/** What a cluster speaks for a port of a protocol. */
export function portProtocol(protocol: Protocol): PortProtocol {
  if (isHttp2(protocol)) return "http2";
  return isHttp(protocol) ? "http1" : "tcp";
}
