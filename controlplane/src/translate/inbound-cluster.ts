import { Cluster_DiscoveryType, ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { UNIX } from "../model/index.ts";
import type { InboundPort, ObjectRef, Proxy, TrafficPolicy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { portProtocol } from "./cluster.ts";
import { create } from "./create.ts";
import { subsetPolicy } from "./destination-rule.ts";
import { singleAddress } from "./endpoint.ts";
import { withDefaults } from "./mesh-defaults.ts";
import { inboundProtocol } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { inboundCluster } from "./names.ts";
import { clusterResource } from "./resource.ts";
import { statName } from "./stat-name.ts";
import { clusterSettings } from "./traffic-policy.ts";

/** The cluster from a sidecar to the program behind one of its inbound ports. */
export function inboundResource(proxy: Proxy, inbound: InboundPort, index: MeshIndex): Resource {
  const { config } = index.mesh;
  const host = inboundHost(proxy, inbound);
  const name = inboundCluster(inbound.appPort, host);
  const target = inbound.ingress?.target ?? { port: inbound.appPort };
  const { policy, refs } = policyOf(proxy, inbound, index);
  const cluster = create(ClusterSchema, {
    name,
    ...clusterSettings(policy, portProtocol(inboundProtocol(inbound))),
    ...statName(config.statNames?.inbound, host, inbound.service?.port, "", inbound.appPort),
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    loadAssignment:
      "path" in target
        ? singleAddress(name, `${UNIX}${target.path}`, 0)
        : singleAddress(name, target.address ?? proxy.workload.address, target.port),
  });
  return clusterResource(cluster, [proxy.workload.ref, ...refs]);
}

/** What stands for the service in the name of an inbound cluster. */
export function inboundHost(proxy: Proxy, inbound: InboundPort): string {
  return inbound.service?.host ?? proxy.id;
}

/**
 * Istio: the limits that clients keep to with a service hold between its sidecars and their programs, too, unless a
 * Sidecar says others. Of a rule that is its connection pool and its retry budget, and of the pool all but HTTP/2 for
 * ports that do not speak it.
 */
function policyOf(
  { workload }: Proxy,
  { service, connectionPool }: InboundPort,
  { mesh: { config }, rules, serviceByHost }: MeshIndex,
): { readonly policy: TrafficPolicy; readonly refs: readonly ObjectRef[] } {
  const known = service && serviceByHost.own(service.host);
  const rule = known && rules.find(workload, known);
  const written = service ? subsetPolicy(rule, "", service.port.number) : {};
  const pool = connectionPool ?? written.connectionPool;
  const merged = withDefaults(pool === undefined ? {} : { connectionPool: pool }, config.trafficDefaults);
  const { httpVersion, ...limits } = merged.connectionPool ?? {};
  const kept = { ...limits, ...(httpVersion === "client" ? { httpVersion } : {}) };
  const { retryBudget } = written;
  return {
    policy: {
      ...(Object.keys(kept).length === 0 ? {} : { connectionPool: kept }),
      ...(retryBudget === undefined ? {} : { retryBudget }),
    },
    refs: pool === written.connectionPool ? (rule?.refs ?? []) : [],
  };
}
