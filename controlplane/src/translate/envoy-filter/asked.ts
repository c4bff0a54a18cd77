import { isMessage } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "../../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpConnectionManager } from "../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Resource, ResourceKind } from "../../snapshot/types.ts";
import { isTyped } from "./patch-filters.ts";
import type { AnyFilter } from "./patch-filters.ts";

/** What an Envoy with these resources asks the control plane for, by kind and name. */
export interface Asked {
  readonly extension: ReadonlySet<string>;
  readonly route: ReadonlySet<string>;
  readonly endpoint: ReadonlySet<string>;
}

export function askedBy(resources: readonly Resource[]): Asked {
  const filters = resources.flatMap(({ message }): AnyFilter[] =>
    isMessage(message, ListenerSchema)
      ? [...message.listenerFilters, ...message.filterChains.flatMap((chain) => chain.filters)]
      : [],
  );
  const managers = filters.flatMap((filter) => managerIn(filter) ?? []);
  const all = [...filters, ...managers.flatMap(({ httpFilters }) => httpFilters)];
  return {
    extension: new Set(all.flatMap(({ name, configType }) => (configType.case === "configDiscovery" ? [name] : []))),
    route: new Set(
      managers.flatMap(({ routeSpecifier: { case: kind, value } }) => (kind === "rds" ? [value.routeConfigName] : [])),
    ),
    endpoint: new Set(
      resources.flatMap(({ message, name }) =>
        isMessage(message, ClusterSchema) && message.edsClusterConfig !== undefined
          ? [message.edsClusterConfig.serviceName || name]
          : [],
      ),
    ),
  };
}

function managerIn({ configType }: AnyFilter): HttpConnectionManager | undefined {
  return isTyped(configType) ? anyUnpack(configType.value, HttpConnectionManagerSchema) : undefined;
}

/** The patched resources without those that nobody asks for any more: no Envoy would ever acknowledge them. */
export function withoutUnasked(before: readonly Resource[], patched: readonly Resource[]): readonly Resource[] {
  const [then, now] = [askedBy(before), askedBy(patched)];
  const isUnasked = (kind: ResourceKind, name: string): boolean =>
    (kind === "extension" || kind === "route" || kind === "endpoint") && then[kind].has(name) && !now[kind].has(name);
  return patched.filter(({ kind, name }) => !isUnasked(kind, name));
}
