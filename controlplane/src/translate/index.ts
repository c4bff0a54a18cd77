import { isMessage } from "@bufbuild/protobuf";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { InboundPort, Mesh, ObjectRef, Proxy } from "../model/types.ts";
import type { ProxyResources, Resource } from "../snapshot/types.ts";
import { accessCompiler } from "./access.ts";
import type { AccessCompiler } from "./access.ts";
import { inboundResource } from "./inbound-cluster.ts";
import { clusterLists } from "./cluster-lists.ts";
import { contourOf } from "./contour.ts";
import type { MergedRule } from "./destination-rule.ts";
import { EnvoyFilters } from "./envoy-filter/index.ts";
import { shortNameNamespace } from "./domains.ts";
import { egressResources } from "./egress-listener.ts";
import type { ModuleDigest } from "./extension.ts";
import { DIRECTIONS, filterName, moduleNames } from "./filters.ts";
import type { ModuleName } from "./filters.ts";
import { faultKey, nextFaultChange } from "./fault-injections.ts";
import { mayResolve } from "./forward-proxy.ts";
import { gatewayResources } from "./gateway.ts";
import { headerPolicyKey } from "./header-policies.ts";
import { inboundRouteResource } from "./inbound-route.ts";
import { inboundListenerResource, outboundListenerResource } from "./listener.ts";
import { inboundProtocol, indexMesh, isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { isTraced, observer } from "./observation.ts";
import type { Observer } from "./observation.ts";
import { withOperations } from "./operation-name.ts";
import { memo } from "./memo.ts";
import type { HostMap } from "./host.ts";
import { bindMesh, outboundRouteResource } from "./outbound-route.ts";
import type { Binding } from "./outbound-route.ts";
import { withHostsOnDemand } from "./on-demand.ts";
import { policyCompiler } from "./proxy-policies.ts";
import { Recall } from "./recall.ts";
import { sortResources } from "./resource.ts";
import { runtimeResources } from "./runtime.ts";
import { inboundTcpResource, outboundTcpResource } from "./tcp-listener.ts";
import { tcpAuthorizationCompiler, tcpAuthorizationName } from "./tcp-authorization.ts";
import { tcpCustomCompiler } from "./tcp-custom.ts";
import type { TcpCustom } from "./tcp-custom.ts";
import { outboundTcp } from "./tcp-outbound.ts";
import { tcpTelemetryCompiler, tcpTelemetryName } from "./tcp-telemetry.ts";
import { scopesOf } from "./scope.ts";
import type { Scopes } from "./scope.ts";
import { secretResources } from "./secret.ts";
import { sourceKey } from "./view.ts";
import { visibilityKey, visibleFrom } from "./visibility.ts";

export { bootstrap } from "./bootstrap.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { Recall } from "./recall.ts";
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
  /** Takes what was found to be doubtful on the way. */
  readonly report?: (diagnostics: readonly Diagnostic[]) => void;
}

/** What proxies have in common, made once for all that need it. */
interface Shared {
  readonly index: MeshIndex;
  readonly scopes: Scopes;
  /** The mesh as a proxy knows it. */
  readonly indexOf: (proxy: Proxy) => MeshIndex;
  readonly policiesOf: ReturnType<typeof policyCompiler>;
  readonly access: AccessCompiler;
  readonly observe: Observer;
  readonly tcpCustom: TcpCustom;
  readonly tcpAuthorizationOf: ReturnType<typeof tcpAuthorizationCompiler>;
  readonly tcpTelemetryOf: ReturnType<typeof tcpTelemetryCompiler>;
  readonly secretRulesOf: (proxy: Proxy) => readonly MergedRule[];
  readonly outboundRoutesOf: (proxy: Proxy) => Resource;
  readonly bindingsOf: (proxy: Proxy) => HostMap<Binding>;
  readonly envoyFilters: EnvoyFilters;
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

/**
 * The same, with what proxies have in common in lists that are the same object for all of them. Given the recall of the
 * run before, what a change does not touch stays the same object, too.
 */
export function translateInParts(
  mesh: Mesh,
  options: TranslateOptions,
  recall = new Recall(),
): readonly ProxyResources[] {
  recall.begin();
  const contour = contourOf(mesh);
  const digests = moduleNames.map((name) => options.modules[name].sha256);
  // All that time changes is the same until the next moment at which any of it does.
  const until = nextFaultChange(mesh, options.now ?? 0);
  const { shared, own } = recall.whole("own", [contour, digests, options.systemRoots, until], (parts) => {
    const made = share({ ...contour, config: parts.kept("config", contour.config) }, options, parts);
    return { shared: made, own: contour.proxies.map((proxy) => sortResources(proxyResources(proxy, made))) };
  });
  const clustersOf = clusterLists(mesh, shared, recall);
  const { envoyFilters } = shared;
  const parts = mesh.proxies.map((proxy, at) => ({
    proxy: proxy.id,
    resources: own[at] ?? [],
    shared: [envoyFilters.shared(proxy, clustersOf(proxy))],
  }));
  options.report?.(envoyFilters.diagnostics());
  return parts;
}

function share(mesh: Mesh, options: TranslateOptions, recall: Recall): Shared {
  const index = indexMesh(mesh, options.systemRoots, options.now, recall);
  const { rules, services } = index;
  const policiesOf = policyCompiler(mesh, options.modules);
  const scopes = scopesOf(index);
  const sources = sourceKey(mesh);
  const faults = faultKey(mesh);
  const headers = headerPolicyKey(mesh);
  const observe = observer(mesh);
  const access = accessCompiler(index, index.systemRoots);
  const visibility = visibilityKey(mesh);
  const bareNames = new Set(services.map(({ host }) => shortNameNamespace(host)));
  return {
    index,
    scopes,
    envoyFilters: new EnvoyFilters(mesh),
    indexOf: (proxy) => scopes.index(proxy),
    policiesOf,
    observe,
    access: { ...access, filters: recall.kept("access filters", access.filters) },
    tcpCustom: tcpCustomCompiler(mesh),
    tcpAuthorizationOf: tcpAuthorizationCompiler(mesh, options.modules.authorization),
    tcpTelemetryOf: tcpTelemetryCompiler(mesh, options.modules.policies),
    secretRulesOf: memo(
      (proxy: Proxy) => rules.view(proxy.workload),
      ({ workload }) =>
        mesh.secrets.length === 0 ? [] : services.flatMap((service) => rules.find(workload, service) ?? []),
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
          faults(client),
          headers(client),
          isTraced(observe(client, "CLIENT")),
          policiesOf(client, "sidecar").client,
        ]);
      },
      (proxy, key) => {
        const { workload } = proxy;
        const { client } = policiesOf(workload, "sidecar");
        const parts = recall.part(`outbound routes ${key}`);
        const routes = outboundRouteResource({ ...scopes.main(proxy), recall: parts }, workload, client);
        return isTraced(observe(workload, "CLIENT")) ? parts.call("spans", withOperations, routes) : routes;
      },
    ),
    bindingsOf: memo(
      (proxy: Proxy) => JSON.stringify([scopes.key(proxy), visibility(proxy.workload.namespace)]),
      (proxy) => bindMesh(visibleFrom(scopes.main(proxy).mesh, proxy.workload.namespace)),
    ),
  };
}

function proxyResources(proxy: Proxy, shared: Shared): Resource[] {
  const resources = withHostsOnDemand(proxy, patchedResources(proxy, shared));
  const settings = [shared.indexOf(proxy).mesh.config.ref, shared.scopes.sidecar(proxy)?.ref];
  const refs = settings.filter((ref) => ref !== undefined);
  if (refs.length === 0) return resources;
  // Every listener is also the MeshConfig's and the Sidecar's: where an Envoy refuses a log's format or the place to
  // listen at, that is whom to tell.
  const recall = ofProxy(proxy, shared);
  return resources.map((one) => (one.kind === "listener" ? recall.call(`told ${one.name}`, alsoOf, one, refs) : one));
}

function alsoOf(resource: Resource, refs: readonly ObjectRef[]): Resource {
  return { ...resource, origins: [...resource.origins, ...refs] };
}

/** What of a proxy's own listeners and routes stays as it is. */
function ofProxy({ id }: Proxy, { index }: Shared): Recall {
  return index.recall.part(`proxy ${id}`);
}

function patchedResources(proxy: Proxy, shared: Shared): Resource[] {
  const { services } = shared.indexOf(proxy);
  return shared.envoyFilters.own(proxy, services, ownResources(proxy, shared));
}

function ownResources(proxy: Proxy, shared: Shared): Resource[] {
  const own = proxy.kind === "gateway" ? gateway(proxy, shared) : sidecar(proxy, shared);
  return [
    ...extensionsOf(proxy, own, shared),
    ...runtimeResources(shared.indexOf(proxy).mesh.config),
    ...secretResources(shared.indexOf(proxy).mesh, proxy, shared.secretRulesOf(proxy)),
    ...own,
  ];
}

/** What the filters of a proxy's listeners wait for, and no more: an Envoy would never ask for the rest. */
function extensionsOf(proxy: Proxy, own: readonly Resource[], shared: Shared): Resource[] {
  const { workload, kind, outbound } = proxy;
  const takesHttp = kind === "gateway" ? own.some((one) => one.kind === "route") : proxy.inbound.some(speaksHttp);
  const { extensions } = shared.policiesOf(workload, kind);
  const filters = new Set(own.flatMap(networkFilters));
  return [
    ...extensions.filter(({ name }) =>
      kind === "sidecar" && name === filterName("outbound") ? outbound !== undefined : takesHttp,
    ),
    ...(takesHttp ? shared.access.of(workload, kind).resources : []),
    ...(filters.has(tcpAuthorizationName)
      ? [shared.tcpAuthorizationOf(workload), ...shared.tcpCustom.of(workload)]
      : []),
    ...DIRECTIONS.filter((direction) => filters.has(tcpTelemetryName(direction))).map((direction) =>
      shared.tcpTelemetryOf(workload, direction),
    ),
  ];
}

function networkFilters({ message }: Resource): string[] {
  return isMessage(message, ListenerSchema)
    ? message.filterChains.flatMap(({ filters }) => filters.map(({ name }) => name))
    : [];
}

function speaksHttp(inbound: InboundPort): boolean {
  return !isTcp(inbound);
}

function isTcp(inbound: InboundPort): boolean {
  return !isHttp(inboundProtocol(inbound));
}

function sidecar(proxy: Proxy, shared: Shared): Resource[] {
  const { outbound } = proxy;
  const inbound = proxy.inbound.flatMap((port) => inboundPort(proxy, port, shared));
  if (outbound === undefined) return inbound;
  const { bindingsOf, outboundRoutesOf, observe, policiesOf, scopes } = shared;
  const index = scopes.main(proxy);
  const { config } = index.mesh;
  const { workload, tcp = [] } = proxy;
  const observation = observe(workload, "CLIENT");
  const recall = ofProxy(proxy, shared);
  const known = tcp.filter(({ host }) => index.serviceByHost.own(host) !== undefined);
  const listeners = known.map((port) => {
    const bound = bindingsOf(proxy).find(port.host)?.virtualService;
    const to = outboundTcp(index, workload, bound, port);
    const name = `outbound ${port.host}:${port.port}`;
    return recall.call(name, outboundTcpResource, proxy, outbound.address, port, to, config, observation.tcpLog);
  });
  const { client } = policiesOf(workload, "sidecar");
  const inputs = [proxy, config, mayResolve(index.services), observation.http];
  const listener = recall.of("outbound", inputs, () =>
    outboundListenerResource(proxy, outbound, index, observation.http),
  );
  const more = scopes.listeners(proxy).flatMap((one) => egressResources(proxy, one, client, observation));
  return [...inbound, listener, outboundRoutesOf(proxy), ...listeners, ...more];
}

function inboundPort(proxy: Proxy, port: InboundPort, shared: Shared): Resource[] {
  const { indexOf, policiesOf, access, observe, tcpCustom } = shared;
  const { workload } = proxy;
  const index = indexOf(proxy);
  const { config } = index.mesh;
  // Its own service a sidecar need not know as a client.
  const cluster = inboundResource(proxy, port, shared.index);
  const observation = observe(workload, "SERVER");
  const recall = ofProxy(proxy, shared);
  const name = `inbound ${port.listenPort}`;
  if (isTcp(port)) {
    const listener = recall.call(name, inboundTcpResource, proxy, port, config, tcpCustom.filters, observation.tcpLog);
    return [listener, cluster];
  }
  const { server, origins } = policiesOf(workload, "sidecar");
  const front = access.of(workload, "sidecar");
  const routes = inboundRouteResource(index, proxy, port, server, [...origins, ...front.origins], front.on);
  return [
    recall.call(name, inboundListenerResource, proxy, port, config, access.filters, observation.http),
    isTraced(observation) ? withOperations(routes) : routes,
    cluster,
  ];
}

function gateway(proxy: Proxy, shared: Shared): Resource[] {
  const { indexOf, policiesOf, access, observe, tcpCustom } = shared;
  const recall = ofProxy(proxy, shared);
  const { server: policies, origins } = policiesOf(proxy.workload, "gateway");
  const front = access.of(proxy.workload, "gateway");
  return gatewayResources({
    index: { ...indexOf(proxy), recall },
    proxy,
    policies,
    origins: [...origins, ...front.origins],
    access: { filters: access.filters, on: front.on, tcpFilters: tcpCustom.filters },
    observation: recall.kept("observation", observe(proxy.workload, "CLIENT")),
  });
}
