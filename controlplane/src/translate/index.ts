import type { InboundPort, Mesh, Proxy, Service, Workload } from "../model/types.ts";
import type { ProxyResources, Resource } from "../snapshot/types.ts";
import { inboundResource, outboundResources } from "./cluster.ts";
import { clusterClient, clusterClientKey } from "./cluster-client.ts";
import type { MergedRule } from "./destination-rule.ts";
import { shortNameNamespace } from "./domains.ts";
import type { ModuleDigest } from "./extension.ts";
import type { PolicyName } from "./filters.ts";
import { gatewayResources } from "./gateway.ts";
import { inboundRouteResource } from "./inbound-route.ts";
import { inboundListenerResource, outboundListenerResource } from "./listener.ts";
import { indexMesh, isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { memo } from "./memo.ts";
import { forwardProxyCluster } from "./forward-proxy.ts";
import type { HostMap } from "./host.ts";
import { bindMesh, outboundRouteResource } from "./outbound-route.ts";
import type { Binding } from "./outbound-route.ts";
import { policyCompiler } from "./proxy-policies.ts";
import type { ProxyPolicies } from "./proxy-policies.ts";
import { sortResources } from "./resource.ts";
import { inboundTcpResource, outboundTcpResource } from "./tcp-listener.ts";
import { outboundTcp } from "./tcp-outbound.ts";
import { scopesOf } from "./scope.ts";
import { secretResources } from "./secret.ts";
import { sourceKey } from "./view.ts";
import { visibilityKey, visibleFrom } from "./visibility.ts";

export { bootstrap } from "./bootstrap.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { policyNames } from "./filters.ts";
export type { PolicyName } from "./filters.ts";
export type { ModuleDigest } from "./extension.ts";

export interface TranslateOptions {
  /** The module that runs each policy. */
  readonly modules: Readonly<Record<PolicyName, ModuleDigest>>;
  /** File of the certificates that the machine trusts; absent: Debian's. */
  readonly systemRoots?: string;
}

/** What proxies have in common, made once for all that need it. */
interface Shared {
  /** The mesh as a proxy knows it. */
  readonly indexOf: (proxy: Proxy) => MeshIndex;
  readonly policiesOf: (workload: Workload) => ProxyPolicies;
  readonly secretRulesOf: (proxy: Proxy) => readonly MergedRule[];
  readonly clustersOf: (proxy: Proxy) => readonly Resource[];
  readonly outboundRoutesOf: (proxy: Proxy) => Resource;
  readonly bindingsOf: (proxy: Proxy) => HostMap<Binding>;
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
    shared: [shared.clustersOf(proxy)],
  }));
}

function share(mesh: Mesh, options: TranslateOptions): Shared {
  const index = indexMesh(mesh, options.systemRoots);
  const { rules, services } = index;
  const policiesOf = policyCompiler(mesh, options.modules);
  const clusterKey = clusterClientKey(mesh);
  const scopes = scopesOf(index);
  const sources = sourceKey(mesh);
  const visibility = visibilityKey(mesh);
  const bareNames = new Set(services.map(({ host }) => shortNameNamespace(host)));
  const resourcesOf = memo(
    (service: Service) => service,
    (service) =>
      memo(clusterKey, (proxy: Proxy) =>
        memo(
          (rule: MergedRule | undefined) => rule,
          (rule) => outboundResources(index, service, rule, clusterClient(proxy)),
        ),
      ),
  );
  return {
    indexOf: (proxy) => scopes.index(proxy),
    policiesOf,
    secretRulesOf: memo(
      (proxy: Proxy) => JSON.stringify([rules.view(proxy.workload), proxy.kind]),
      ({ kind, workload }) =>
        mesh.secrets.length === 0
          ? []
          : services
              .flatMap((service) => rules.find(workload, service) ?? [])
              .filter(({ selecting }) => selecting || kind === "gateway"),
    ),
    clustersOf: memo(
      (proxy: Proxy) => JSON.stringify([scopes.key(proxy), rules.view(proxy.workload), clusterKey(proxy)]),
      // Sorted here already: the lists of the proxies then take one merge instead of a sort.
      (proxy) => {
        const {
          services: known,
          mesh: { config },
        } = scopes.index(proxy);
        return sortResources([
          ...known.flatMap((service) => resourcesOf(service)(proxy)(rules.find(proxy.workload, service))),
          ...(config.outboundTraffic === "ALLOW_ANY" ? [forwardProxyCluster(config)] : []),
        ]);
      },
    ),
    outboundRoutesOf: memo(
      // All that the routes of a sidecar depend on beyond the mesh.
      (proxy: Proxy) => {
        const client = proxy.workload;
        return JSON.stringify([
          scopes.key(proxy),
          bareNames.has(client.namespace) ? client.namespace : "",
          rules.view(client),
          visibility(client.namespace),
          sources(client),
          policiesOf(client).client,
        ]);
      },
      (proxy) => outboundRouteResource(scopes.index(proxy), proxy.workload, policiesOf(proxy.workload).client),
    ),
    bindingsOf: memo(
      (proxy: Proxy) => JSON.stringify([scopes.key(proxy), visibility(proxy.workload.namespace)]),
      (proxy) => bindMesh(visibleFrom(scopes.index(proxy).mesh, proxy.workload.namespace)),
    ),
  };
}

function proxyResources(proxy: Proxy, shared: Shared): Resource[] {
  const { ref } = shared.indexOf(proxy).mesh.config;
  const resources = ownResources(proxy, shared);
  if (ref === undefined) return resources;
  // Every listener is also the MeshConfig's: where an Envoy refuses its log format, that is whom to tell.
  return resources.map((one) => (one.kind === "listener" ? { ...one, origins: [...one.origins, ref] } : one));
}

function ownResources(proxy: Proxy, shared: Shared): Resource[] {
  return [
    ...shared.policiesOf(proxy.workload).extensions,
    ...secretResources(shared.indexOf(proxy).mesh, proxy, shared.secretRulesOf(proxy)),
    ...(proxy.kind === "gateway" ? gateway(proxy, shared) : sidecar(proxy, shared)),
  ];
}

function sidecar(proxy: Proxy, shared: Shared): Resource[] {
  const { outbound } = proxy;
  const inbound = proxy.inbound.flatMap((port) => inboundPort(proxy, port, shared));
  if (outbound === undefined) return inbound;
  const { bindingsOf, outboundRoutesOf } = shared;
  const index = shared.indexOf(proxy);
  const { config } = index.mesh;
  const { workload, tcp = [] } = proxy;
  const known = tcp.filter(({ host }) => index.serviceByHost.own(host) !== undefined);
  const listeners = known.map((port) => {
    const bound = bindingsOf(proxy).find(port.host)?.virtualService;
    return outboundTcpResource(proxy, outbound.address, port, outboundTcp(index, workload, bound, port), config);
  });
  return [...inbound, outboundListenerResource(proxy, outbound, index), outboundRoutesOf(proxy), ...listeners];
}

function inboundPort(proxy: Proxy, port: InboundPort, { indexOf, policiesOf }: Shared): Resource[] {
  const { config } = indexOf(proxy).mesh;
  if (port.service && !isHttp(port.service.port.protocol)) {
    return [inboundTcpResource(proxy, port, config), inboundResource(proxy, port)];
  }
  const { server, origins } = policiesOf(proxy.workload);
  return [
    inboundListenerResource(proxy, port, config),
    inboundRouteResource(proxy, port, server, origins),
    inboundResource(proxy, port),
  ];
}

function gateway(proxy: Proxy, { indexOf, policiesOf }: Shared): Resource[] {
  const { server: policies, origins } = policiesOf(proxy.workload);
  return gatewayResources({ index: indexOf(proxy), proxy, policies, origins });
}
