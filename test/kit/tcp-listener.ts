import { create } from "@bufbuild/protobuf";
import type { Filter } from "../../controlplane/gen/envoy/config/listener/v3/listener_components_pb.js";
import { FilterChainSchema } from "../../controlplane/gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../controlplane/gen/envoy/config/listener/v3/listener_pb.js";
import { ClusterSchema } from "../../controlplane/gen/envoy/config/cluster/v3/cluster_pb.js";
import { TcpProxySchema } from "../../controlplane/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { Resource } from "../../controlplane/src/snapshot/types.ts";
import { singleAddress, socketAddress } from "../../controlplane/src/translate/endpoint.ts";
import { pack } from "../../controlplane/src/translate/protobuf.ts";
import { clusterResource, listenerResource } from "../../controlplane/src/translate/resource.ts";
import { tcpAuthorizationFilters } from "../../controlplane/src/translate/tcp-authorization.ts";
import { tlsInspector } from "../../controlplane/src/translate/tls-inspector.ts";

/** A listener that hands connections on to a program, with authorization in front. */
export function tcpListener(
  address: string,
  port: number,
  programPort: number,
  asking: readonly Filter[] = [],
): readonly Resource[] {
  const proxy = create(TcpProxySchema, {
    statPrefix: "tcp",
    clusterSpecifier: { case: "cluster", value: "tcp-program" },
  });
  const chain = create(FilterChainSchema, {
    filters: [
      ...asking,
      ...tcpAuthorizationFilters,
      { name: "tcp", configType: { case: "typedConfig", value: pack(TcpProxySchema, proxy) } },
    ],
  });
  const listener = create(ListenerSchema, {
    name: "tcp",
    address: socketAddress(address, port),
    listenerFilters: [tlsInspector],
    filterChains: [chain],
  });
  const loadAssignment = singleAddress("tcp-program", "127.0.0.1", programPort);
  const cluster = create(ClusterSchema, { name: "tcp-program", loadAssignment });
  return [listenerResource(listener, []), clusterResource(cluster, [])];
}
