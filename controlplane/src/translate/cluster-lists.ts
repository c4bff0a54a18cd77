import { EMPTY_MESH } from "../model/empty-mesh.ts";
import { workloadId } from "../model/index.ts";
import type { Mesh, Proxy, Service } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { outboundResources } from "./cluster.ts";
import { clusterClient, clusterClientKey } from "./cluster-client.ts";
import { forwardProxyCluster } from "./forward-proxy.ts";
import { memo } from "./memo.ts";
import { indexMesh } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { Recall } from "./recall.ts";
import { sortResources } from "./resource.ts";
import type { Scopes } from "./scope.ts";

/**
 * The clusters of all services that a proxy knows, with their endpoints, in the order of resources. A service is worked
 * on anew only where it, its rule or its endpoints' ports have changed.
 */
export function clusterLists(
  mesh: Mesh,
  { index, scopes }: { readonly index: MeshIndex; readonly scopes: Scopes },
  recall: Recall,
): (proxy: Proxy) => readonly Resource[] {
  const { rules } = index;
  const narrow = narrowed(index, recall);
  const services = indexMesh(mesh).serviceByHost;
  const clientKey = memo((proxy: Proxy) => proxy, clusterClientKey(mesh));
  const clientOf = memo((proxy: Proxy) => proxy, clusterClient);
  const inbound = new Map(mesh.proxies.map((proxy) => [proxy.id, proxy.inbound]));
  const resourcesOf = (service: Service, proxy: Proxy): readonly Resource[] => {
    const rule = rules.find(proxy.workload, service);
    // Peers reach a program through its sidecar, by the port that this has for it.
    const places = service.endpoints.map(({ workload }) => workload && inbound.get(workloadId(workload)));
    const name = [
      "clusters",
      service.host,
      clientKey(proxy),
      ...(rule?.refs ?? []).map((ref) => `${ref.namespace}/${ref.name}`),
    ];
    const client = clientOf(proxy);
    // What a key stands for may be another thing in another mesh; without one it does not matter who the client is.
    const decisive = clientKey(proxy) === "" ? undefined : client;
    return recall.of(name.join(" "), [narrow, service, rule, places, decisive], () =>
      outboundResources({ ...narrow, sidecarPorts: index.sidecarPorts }, service, rule, client),
    );
  };
  return memo(
    (proxy: Proxy) => JSON.stringify([scopes.key(proxy), rules.view(proxy.workload), clientKey(proxy)]),
    (proxy) => {
      const { services: known, mesh: seen } = scopes.index(proxy);
      const whole = known.flatMap(({ host }) => services.own(host) ?? []);
      return sortResources([
        ...whole.flatMap((service) => resourcesOf(service, proxy)),
        ...(seen.config.outboundTraffic === "ALLOW_ANY"
          ? [forwardProxyCluster(scopes.index(proxy), proxy.workload)]
          : []),
      ]);
    },
  );
}

/**
 * What clusters may know of the mesh beside their service, its rule and the ports of its endpoints. They are not given
 * anything else, so nothing else can be missing from what decides whether they have to be made anew.
 */
function narrowed({ mesh: { config, secrets }, systemRoots }: MeshIndex, recall: Recall): MeshIndex {
  return recall.of("clusters", [config, secrets, systemRoots], () =>
    indexMesh({ ...EMPTY_MESH, config, secrets }, systemRoots),
  );
}
