import { isMessage } from "@bufbuild/protobuf";
import type { Message } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { TrafficDirection } from "../../../gen/envoy/config/core/v3/base_pb.js";
import { TypedExtensionConfigSchema } from "../../../gen/envoy/config/core/v3/extension_pb.js";
import { ListenerSchema } from "../../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../../gen/envoy/config/route/v3/route_pb.js";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { PatchContext } from "../../model/envoy-filter.ts";
import { selects } from "../../model/index.ts";
import type { Mesh, ObjectRef, Proxy, Service } from "../../model/types.ts";
import type { Resource } from "../../snapshot/types.ts";
import { inboundRoutes } from "../names.ts";
import {
  clusterResource,
  listenerResource,
  nativeExtensionResource,
  routeResource,
  sortResources,
} from "../resource.ts";
import { askedBy, withoutUnasked } from "./asked.ts";
import { listenerNames, routeNames } from "./istio-names.ts";
import { patchedCluster } from "./patch-cluster.ts";
import { patchedListener } from "./patch-listener.ts";
import { patchedRoutes } from "./patch-routes.ts";
import type { PatchSet } from "./patch-set.ts";
import { patchSets, tracesOfMesh } from "./select-patches.ts";
import type { Trace } from "./trace.ts";

/**
 * The EnvoyFilters of a mesh: the last step before resources are encoded. What no patch touches stays the same object,
 * and lists that proxies have in common stay in common for those that have the same patches.
 */
export class EnvoyFilters {
  readonly #mesh: Mesh;
  readonly #traces: readonly Trace[];
  readonly #setOf: (proxy: Proxy) => PatchSet;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#traces = tracesOfMesh(mesh);
    this.#setOf = patchSets(mesh, this.#traces);
  }

  /** A proxy's own resources, with those that patches add. */
  own(proxy: Proxy, services: readonly Service[], resources: Resource[]): Resource[] {
    if (this.#traces.length === 0) return resources;
    const set = this.#setOf(proxy);
    if (set.traces.length === 0) return resources;
    const patched = resources.flatMap((resource) => patchedOnce(resource, proxy, services, set) ?? []);
    const whole = [...patched, ...addedResources(set)];
    noteBootstrap(set);
    return withExtensions(set.takesAway ? withoutUnasked(resources, whole) : whole, set);
  }

  /** A list of clusters and endpoints that several proxies have. */
  shared(proxy: Proxy, list: readonly Resource[]): readonly Resource[] {
    if (this.#traces.length === 0) return list;
    const set = this.#setOf(proxy);
    if (!set.traces.some(({ patch }) => patch.applyTo === "CLUSTER")) return list;
    const known = set.lists.get(list);
    if (known !== undefined) return known;
    const next = list.flatMap((resource) => patchedOnce(resource, proxy, [], set) ?? []);
    const isSame = next.length === list.length && next.every((resource, index) => resource === list[index]);
    const made = isSame ? list : sortResources(withoutUnasked(list, next));
    set.lists.set(list, made);
    return made;
  }

  /** A warning for each patch that has changed nothing so far, where its EnvoyFilter selects a proxy at all. */
  diagnostics(): readonly Diagnostic[] {
    const { proxies, config } = this.#mesh;
    const isOfNobody = ({ filter: { ref, selector } }: Trace): boolean =>
      // IST0127 tells of these already.
      Object.keys(selector).length > 0 &&
      !proxies.some(
        ({ workload: { namespace, labels } }) =>
          (ref.namespace === namespace || ref.namespace === config.rootNamespace) && selects(selector, labels),
      );
    return this.#traces.flatMap((trace) =>
      isOfNobody(trace) ? [] : (trace.diagnostic(elsewhere(trace, proxies, config.rootNamespace)) ?? []),
    );
  }
}

/** A namespace that has what a patch is for, where its own has none. */
function elsewhere({ patch, filter }: Trace, proxies: readonly Proxy[], root: string): string | undefined {
  const { namespace } = filter.ref;
  const kind = patch.context === "GATEWAY" ? "gateway" : "sidecar";
  const fitting = proxies.filter((proxy) => patch.context === "ANY" || proxy.kind === kind);
  const isHere = namespace === root || fitting.some(({ workload }) => workload.namespace === namespace);
  return isHere ? undefined : fitting[0]?.workload.namespace;
}

/** Of resources that proxies have in common, the patched ones are in common, too. */
function patchedOnce(
  resource: Resource,
  proxy: Proxy,
  services: readonly Service[],
  set: PatchSet,
): Resource | undefined {
  const known = set.resources.get(resource);
  if (known !== undefined) return known ?? undefined;
  const made = patchedResource(resource, proxy, services, set);
  set.resources.set(resource, made ?? null);
  return made;
}

function patchedResource(
  resource: Resource,
  proxy: Proxy,
  services: readonly Service[],
  set: PatchSet,
): Resource | undefined {
  const { message, name } = resource;
  const by = new Set<ObjectRef>();
  const patching = { set, by, context: contextOf(resource, proxy) };
  if (isMessage(message, ListenerSchema)) {
    const port =
      message.address?.address.case === "socketAddress" ? message.address.address.value.portSpecifier : undefined;
    const number = port?.case === "portValue" ? port.value : 0;
    const next = patchedListener(message, listenerNames(proxy, services, { name, port: number }), patching);
    return remade(resource, next, by, listenerResource);
  }
  if (isMessage(message, RouteConfigurationSchema)) {
    return remade(resource, patchedRoutes(message, routeNames(proxy, name), patching), by, routeResource);
  }
  if (isMessage(message, ClusterSchema))
    return remade(resource, patchedCluster(message, patching), by, clusterResource);
  return resource;
}

/** Whoever refuses the resource tells it to the EnvoyFilters, too. */
function remade<M extends Message>(
  resource: Resource,
  message: M | undefined,
  by: ReadonlySet<ObjectRef>,
  make: (message: M, origins: readonly ObjectRef[]) => Resource,
): Resource | undefined {
  if (message === undefined) return undefined;
  return message === resource.message ? resource : make(message, [...resource.origins, ...by]);
}

function contextOf({ kind, name, message }: Resource, { kind: of, inbound }: Proxy): PatchContext {
  if (of === "gateway") return "GATEWAY";
  const isInbound =
    kind === "listener"
      ? isMessage(message, ListenerSchema) && message.trafficDirection === TrafficDirection.INBOUND
      : kind === "route"
        ? inbound.some(({ listenPort }) => inboundRoutes(listenPort) === name)
        : name.startsWith("inbound|");
  return isInbound ? "SIDECAR_INBOUND" : "SIDECAR_OUTBOUND";
}

function addedResources(set: PatchSet): Resource[] {
  return [...set.additions("LISTENER"), ...set.additions("CLUSTER")].flatMap((trace) => {
    const { value } = trace.patch;
    const { ref } = trace.filter;
    trace.hit();
    if (isMessage(value, ListenerSchema)) return [listenerResource(value, [ref])];
    return isMessage(value, ClusterSchema) ? [clusterResource(value, [ref])] : [];
  });
}

/** With the extensions that patches add, where a filter asks for them. */
function withExtensions(patched: readonly Resource[], set: PatchSet): Resource[] {
  const additions = set.additions("EXTENSION_CONFIG");
  if (additions.length === 0) return [...patched];
  const { extension: asked } = askedBy(patched);
  const added = additions.flatMap((trace) => {
    const { value } = trace.patch;
    if (!isMessage(value, TypedExtensionConfigSchema)) return [];
    if (asked.has(value.name)) trace.hit();
    else trace.miss("proxy", asked);
    return asked.has(value.name) ? [nativeExtensionResource(value, [trace.filter.ref])] : [];
  });
  const names = new Set(added.map(({ name }) => name));
  return [...patched.filter(({ kind, name }) => kind !== "extension" || !names.has(name)), ...added];
}

/** Bootstraps are made elsewhere, for every proxy that asks for its own. */
function noteBootstrap({ traces }: PatchSet): void {
  for (const trace of traces) if (trace.patch.applyTo === "BOOTSTRAP") trace.hit();
}
