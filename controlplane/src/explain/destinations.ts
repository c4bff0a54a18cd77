import { isMessage } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { RouteAction } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { TcpProxy } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { Mesh } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { placeOfRef } from "./place.ts";
import type { DestinationShare } from "./types.ts";
import { manners } from "./upstream.ts";

/** The clusters of a route, or of what hands on connections, with their shares and what is behind them. */
export function destinationsOf(
  { clusterSpecifier: chosen }: Pick<RouteAction | TcpProxy, "clusterSpecifier">,
  resources: readonly Resource[],
  mesh: Mesh,
): DestinationShare[] {
  if (chosen.case === "cluster") return [share(chosen.value, 100, resources, mesh)];
  if (chosen.case !== "weightedClusters") return [];
  const { clusters } = chosen.value;
  const total = clusters.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return clusters.map(({ name, weight }) =>
    share(name, total === 0 ? 0 : ((weight ?? 0) * 100) / total, resources, mesh),
  );
}

function share(cluster: string, percent: number, resources: readonly Resource[], mesh: Mesh): DestinationShare {
  const [, port = "", subset = "", host = cluster] = cluster.split("|");
  const endpoints = endpointsOf(cluster, resources);
  const own = resources.find(({ kind, name }) => kind === "cluster" && name === cluster);
  const message = own && isMessage(own.message, ClusterSchema) ? own.message : undefined;
  const rules = own?.origins.filter(({ kind }) => kind === "DestinationRule") ?? [];
  return {
    cluster,
    host,
    ...(subset === "" ? {} : { subset }),
    port: Number(port),
    percent,
    endpoints,
    workloads: workloadsAt(endpoints, mesh),
    manners: message === undefined ? [] : manners(message),
    rules: rules.map(placeOfRef),
  };
}

function endpointsOf(cluster: string, resources: readonly Resource[]): string[] {
  const messages = resources.filter(({ name }) => name === cluster).map(({ message }) => message);
  const assigned = messages.find((message) => isMessage(message, ClusterLoadAssignmentSchema));
  const own = messages.find((message) => isMessage(message, ClusterSchema))?.loadAssignment;
  return addressesIn(assigned ?? own);
}

function addressesIn(assignment: ClusterLoadAssignment | undefined): string[] {
  const endpoints = assignment?.endpoints.flatMap(({ lbEndpoints }) => lbEndpoints) ?? [];
  return endpoints.flatMap(({ hostIdentifier }) => {
    const address = hostIdentifier.case === "endpoint" ? hostIdentifier.value.address?.address : undefined;
    if (address?.case !== "socketAddress") return [];
    const { address: host, portSpecifier } = address.value;
    return [`${host}:${portSpecifier.case === "portValue" ? portSpecifier.value : "?"}`];
  });
}

/** Endpoints are the listeners of sidecars. */
function workloadsAt(endpoints: readonly string[], { proxies }: Mesh): string[] {
  const wanted = new Set(endpoints);
  return proxies
    .filter(({ workload, inbound }) =>
      inbound.some(({ listenPort, appPort }) =>
        [listenPort, appPort].some((port) => wanted.has(`${workload.address}:${port}`)),
      ),
    )
    .map(({ id }) => id);
}
