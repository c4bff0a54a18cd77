import type { Mesh, Proxy, Workload } from "../model/types.ts";
import type { ProxyResources, Resource } from "../snapshot/types.ts";
import { inboundResource, outboundResources } from "./cluster.ts";
import type { MergedRule } from "./destination-rule.ts";
import { shortNameNamespace } from "./domains.ts";
import type { ModuleDigest } from "./extension.ts";
import type { PolicyName } from "./filters.ts";
import { gatewayPorts, gatewayRouteResource } from "./gateway-route.ts";
import { inboundRouteResource } from "./inbound-route.ts";
import { gatewayListenerResource, inboundListenerResource, outboundListenerResource } from "./listener.ts";
import { indexMesh, isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { memo } from "./memo.ts";
import { outboundRouteResource } from "./outbound-route.ts";
import { policyCompiler } from "./proxy-policies.ts";
import type { ProxyPolicies } from "./proxy-policies.ts";
import { sortResources } from "./resource.ts";
import { sourceKey } from "./view.ts";

export { bootstrap } from "./bootstrap.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { policyNames } from "./filters.ts";
export type { PolicyName } from "./filters.ts";
export type { ModuleDigest } from "./extension.ts";

export interface TranslateOptions {
  /** The module that runs each policy. */
  readonly modules: Readonly<Record<PolicyName, ModuleDigest>>;
}

/** What proxies have in common, made once for all that need it. */
interface Shared {
  readonly index: MeshIndex;
  readonly policiesOf: (workload: Workload) => ProxyPolicies;
  readonly clustersOf: (client: Workload) => readonly Resource[];
  readonly outboundRoutesOf: (client: Workload) => Resource;
}

/**
 * All xDS resources of all proxies. Pure: equal meshes give equal lists, sorted by kind and name. A resource that
 * several proxies need is one object in the lists of all of them.
 */
export function translate(mesh: Mesh, options: TranslateOptions): readonly ProxyResources[] {
  return translateInParts(mesh, options).map(({ proxy, resources, shared = [] }) => ({
    proxy,
    resources: sortResources([...shared.flat(), ...resources]),
  }));
}

/** The same, with what proxies have in common in lists that are the same object for all of them. */
export function translateInParts(mesh: Mesh, options: TranslateOptions): readonly ProxyResources[] {
  const shared = share(mesh, options);
  return mesh.proxies.map((proxy) => ({
    proxy: proxy.id,
    resources: sortResources(proxyResources(proxy, shared)),
    shared: [shared.clustersOf(proxy.workload)],
  }));
}

function share(mesh: Mesh, options: TranslateOptions): Shared {
  const index = indexMesh(mesh);
  const { rules, services } = index;
  const policiesOf = policyCompiler(mesh, options.modules);
  const sources = sourceKey(mesh);
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
          policiesOf(client).client,
        ]),
      (client) => outboundRouteResource(index, client, policiesOf(client).client),
    ),
  };
}

function proxyResources(proxy: Proxy, shared: Shared): Resource[] {
  return [
    ...shared.policiesOf(proxy.workload).extensions,
    ...(proxy.kind === "gateway" ? gateway(proxy, shared) : sidecar(proxy, shared)),
  ];
}

function sidecar(proxy: Proxy, { policiesOf, outboundRoutesOf }: Shared): Resource[] {
  const { workload } = proxy;
  const { server, origins } = policiesOf(workload);
  const inbound = proxy.inbound
    .filter(({ service }) => service === undefined || isHttp(service.port.protocol))
    .flatMap((port) => [
      inboundListenerResource(proxy, port),
      inboundRouteResource(proxy, port, server, origins),
      inboundResource(proxy, port),
    ]);
  return proxy.outbound
    ? [...inbound, outboundListenerResource(proxy, proxy.outbound), outboundRoutesOf(workload)]
    : inbound;
}

function gateway(proxy: Proxy, { index, policiesOf }: Shared): Resource[] {
  const { server, origins } = policiesOf(proxy.workload);
  return gatewayPorts(proxy).flatMap((gatewayPort) => [
    gatewayListenerResource(
      proxy,
      gatewayPort.port,
      gatewayPort.servers.map((bound) => bound.gateway.ref),
    ),
    gatewayRouteResource(index, proxy, gatewayPort, server, origins),
  ]);
}
