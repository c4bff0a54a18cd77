import type { Mesh, Proxy, Workload } from "../model/types.ts";
import type { ProxyResources, Resource } from "../snapshot/types.ts";
import { accessCompiler } from "./access.ts";
import type { AccessCompiler } from "./access.ts";
import { inboundResource, outboundResources } from "./cluster.ts";
import type { MergedRule } from "./destination-rule.ts";
import { shortNameNamespace } from "./domains.ts";
import type { ModuleDigest } from "./extension.ts";
import type { ModuleName } from "./filters.ts";
import { faultKey } from "./fault-injections.ts";
import { gatewayPorts, gatewayRouteResource } from "./gateway-route.ts";
import { headerPolicyKey } from "./header-policies.ts";
import { inboundRouteResource } from "./inbound-route.ts";
import { gatewayListenerResource, inboundListenerResource, outboundListenerResource } from "./listener.ts";
import { indexMesh, isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { isTraced, observer } from "./observation.ts";
import type { Observer } from "./observation.ts";
import { withOperations } from "./operation-name.ts";
import { memo } from "./memo.ts";
import { outboundRouteResource } from "./outbound-route.ts";
import { policyCompiler } from "./proxy-policies.ts";
import { sortResources } from "./resource.ts";
import { sourceKey } from "./view.ts";

export { bootstrap } from "./bootstrap.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { nextFaultChange } from "./fault-injections.ts";
export { moduleNames } from "./filters.ts";
export type { ModuleName } from "./filters.ts";
export type { ModuleDigest } from "./extension.ts";

export interface TranslateOptions {
  readonly modules: Readonly<Record<ModuleName, ModuleDigest>>;
  /** Name of the file with the certificates that machines of the mesh trust; Debian's if not given. */
  readonly systemRoots?: string;
  /** Milliseconds since 1970, for what has an end; 0 if not given: then leases have ended. */
  readonly now?: number;
}

/** What proxies have in common, made once for all that need it. */
interface Shared {
  readonly index: MeshIndex;
  readonly policiesOf: ReturnType<typeof policyCompiler>;
  readonly access: AccessCompiler;
  readonly observe: Observer;
  readonly clustersOf: (client: Workload) => readonly Resource[];
  readonly outboundRoutesOf: (client: Workload) => Resource;
}

/**
 * All xDS resources of all proxies. Pure: equal meshes give equal lists, sorted by kind and name. A resource that
 * several proxies need is one object in the lists of all of them.
 */
export function translate(mesh: Mesh, options: TranslateOptions): readonly ProxyResources[] {
  const shared = share(mesh, options);
  return mesh.proxies.map((proxy) => ({ proxy: proxy.id, resources: sortResources(proxyResources(proxy, shared)) }));
}

function share(mesh: Mesh, options: TranslateOptions): Shared {
  const index = indexMesh(mesh, options.now);
  const { rules, services } = index;
  const policiesOf = policyCompiler(mesh, options.modules);
  const sources = sourceKey(mesh);
  const faults = faultKey(mesh);
  const headers = headerPolicyKey(mesh);
  const observe = observer(mesh);
  const bareNames = new Set(services.map(({ host }) => shortNameNamespace(host)));
  const resourcesOf = services.map((service) => ({
    service,
    under: memo(
      (rule: MergedRule | undefined) => rule,
      (rule) => outboundResources(index, service, rule),
    ),
  }));
  return {
    index,
    policiesOf,
    observe,
    access: accessCompiler(index, options.systemRoots ?? "/etc/ssl/certs/ca-certificates.crt"),
    clustersOf: memo(
      ({ namespace }: Workload) => rules.view(namespace),
      // Sorted here already: the lists of the proxies then take one merge instead of a sort.
      ({ namespace }) =>
        sortResources(resourcesOf.flatMap(({ service, under }) => under(rules.find(namespace, service)))),
    ),
    outboundRoutesOf: memo(
      // All that the routes of a sidecar depend on beyond the mesh.
      (client: Workload) =>
        JSON.stringify([
          bareNames.has(client.namespace) ? client.namespace : "",
          rules.view(client.namespace),
          sources(client),
          faults(client),
          headers(client),
          isTraced(observe(client, "CLIENT")),
          policiesOf(client, "sidecar").client,
        ]),
      (client) => {
        const routes = outboundRouteResource(index, client, policiesOf(client, "sidecar").client);
        return isTraced(observe(client, "CLIENT")) ? withOperations(routes) : routes;
      },
    ),
  };
}

function proxyResources(proxy: Proxy, shared: Shared): Resource[] {
  return [
    ...shared.clustersOf(proxy.workload),
    ...shared.policiesOf(proxy.workload, proxy.kind).extensions,
    ...shared.access.of(proxy.workload, proxy.kind).resources,
    ...(proxy.kind === "gateway" ? gateway(proxy, shared) : sidecar(proxy, shared)),
  ];
}

function sidecar(proxy: Proxy, { index, policiesOf, access, observe, outboundRoutesOf }: Shared): Resource[] {
  const { workload } = proxy;
  const { server, origins } = policiesOf(workload, "sidecar");
  const front = access.of(workload, "sidecar");
  const served = proxy.inbound
    .filter(({ service }) => service === undefined || isHttp(service.port.protocol))
    .flatMap((port) => [
      inboundListenerResource(proxy, port, access.filters, observe(workload, "SERVER")),
      inboundRouteResource(index, proxy, port, server, [...origins, ...front.origins], front.on),
      inboundResource(proxy, port),
    ]);
  const inbound = isTraced(observe(workload, "SERVER")) ? served.map(withOperations) : served;
  return proxy.outbound
    ? [
        ...inbound,
        outboundListenerResource(proxy, proxy.outbound, observe(workload, "CLIENT")),
        outboundRoutesOf(workload),
      ]
    : inbound;
}

function gateway(proxy: Proxy, { index, policiesOf, access, observe }: Shared): Resource[] {
  const front = access.of(proxy.workload, "gateway");
  const { server, origins } = policiesOf(proxy.workload, "gateway");
  const observation = observe(proxy.workload, "CLIENT");
  const operations = isTraced(observation) ? withOperations : (routes: Resource): Resource => routes;
  return gatewayPorts(proxy).flatMap((gatewayPort) => [
    gatewayListenerResource(
      proxy,
      gatewayPort.port,
      gatewayPort.servers.map((bound) => bound.gateway.ref),
      access.filters,
      observation,
    ),
    operations(gatewayRouteResource(index, proxy, gatewayPort, server, [...origins, ...front.origins], front.on)),
  ]);
}
