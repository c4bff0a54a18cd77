import { isMessage } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema, VhdsSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import {
  HttpConnectionManagerSchema,
  HttpFilterSchema,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { ObjectRef, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { outbound } from "./names.ts";
import { pack } from "./protobuf.ts";
import { listenerResource, routeResource } from "./resource.ts";

/**
 * Virtual hosts on demand (VHDS): a sidecar in a large mesh gets the routes of the hosts that its program asks for, when it
 * does, in place of those of all hosts. It is for the user to say, by this label of the WorkloadEntry, since the first request
 * to a host then waits for the control plane.
 */
const label = "sluice.dev/virtual-hosts";

/** Not the name of the whole configuration: connections of a listener that drains keep that one. */
const onDemandRoutes = `${outbound}.on-demand`;

/** The resources of a proxy with its outbound routes on demand, if its workload says so. */
export function withHostsOnDemand({ workload }: Proxy, resources: Resource[]): Resource[] {
  if (workload.labels[label] !== "on-demand") return resources;
  return resources.flatMap((resource) => {
    if (resource.name !== outbound) return [resource];
    let made = madeOf.get(resource);
    if (made === undefined) madeOf.set(resource, (made = rewrite(resource)));
    return made;
  });
}

/** Proxies have resources in common, and what does not change between two runs is to stay the same object. */
const madeOf = new WeakMap<Resource, readonly Resource[]>();

function rewrite(resource: Resource): readonly Resource[] {
  const { message, origins } = resource;
  if (isMessage(message, RouteConfigurationSchema)) {
    const { virtualHosts, ...common } = message;
    const vhds = create(VhdsSchema, { configSource: adsConfigSource });
    const base = create(RouteConfigurationSchema, { ...common, name: onDemandRoutes, virtualHosts: [], vhds });
    return [routeResource(base, origins), ...virtualHosts.flatMap((host) => hostResources(host, origins))];
  }
  if (!isMessage(message, ListenerSchema)) return [resource];
  const filterChains = message.filterChains.map((chain) => ({ ...chain, filters: chain.filters.map(askForHosts) }));
  return [listenerResource(create(ListenerSchema, { ...message, filterChains }), origins)];
}

/** One for each domain, under the name that an Envoy asks for. Of patterns, see snapshot/virtual-hosts.ts, the contents alone. */
function hostResources(host: VirtualHost, origins: readonly ObjectRef[]): Resource[] {
  return host.domains.map((domain) => {
    const name = `${onDemandRoutes}/${domain.toLowerCase()}`;
    const isPattern = domain.startsWith("*") || domain.endsWith("*");
    const own = isPattern ? { name: "", domains: [] } : { name, domains: [domain] };
    const message = create(VirtualHostSchema, { ...host, ...own });
    return { kind: "virtualHost", name, schema: VirtualHostSchema, message, origins };
  });
}

/** Before all that looks at a request's route: where there is none it asks for the virtual host, and waits. */
const onDemandFilter: HttpFilter = create(HttpFilterSchema, {
  name: "envoy.filters.http.on_demand",
  configType: {
    case: "typedConfig",
    value: create(AnySchema, { typeUrl: "type.googleapis.com/envoy.extensions.filters.http.on_demand.v3.OnDemand" }),
  },
});

/**
 * Envoy decides which filters a request passes when its headers come, at a moment when there may be no route yet that could
 * turn one on. So all are on; where a route brings nothing for them they do nothing.
 */
function askForHosts(filter: Filter): Filter {
  const { configType } = filter;
  const manager =
    configType.case === "typedConfig" ? anyUnpack(configType.value, HttpConnectionManagerSchema) : undefined;
  if (manager?.routeSpecifier.case !== "rds") return filter;
  const { value: rds } = manager.routeSpecifier;
  const asking = create(HttpConnectionManagerSchema, {
    ...manager,
    routeSpecifier: { case: "rds", value: { ...rds, routeConfigName: onDemandRoutes } },
    httpFilters: [onDemandFilter, ...manager.httpFilters.map((each) => ({ ...each, disabled: false }))],
  });
  return { ...filter, configType: { case: "typedConfig", value: pack(HttpConnectionManagerSchema, asking) } };
}
