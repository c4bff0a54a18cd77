import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { ObjectRef } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { turnOn, turnOnFilters } from "./filters.ts";
import type { Direction } from "./filters.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { compare } from "./protobuf.ts";
import { routeResource } from "./resource.ts";

export interface RouteConfigurationOptions {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
  /** Whose policies are on for every route; absent where that is for the routes to say. */
  readonly policies: Direction | undefined;
  /** Filters of Envoy's own that are on for every route, too. */
  readonly on?: readonly string[];
  readonly ignorePort?: boolean;
  readonly removeHeaders?: readonly string[];
}

/** The resource of routes for other programs: the same object for as long as its virtual hosts are. */
export function routesOf(
  { recall }: MeshIndex,
  options: RouteConfigurationOptions,
  origins: readonly ObjectRef[],
): Resource {
  return recall.of(`route configuration ${options.name}`, [options, origins], () =>
    routeResource(routeConfiguration(options), origins),
  );
}

/** What all route configurations have in common. */
export function routeConfiguration(options: RouteConfigurationOptions): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name: options.name,
    virtualHosts: options.virtualHosts.toSorted((a, b) => compare(a.name, b.name)),
    typedPerFilterConfig: {
      ...turnOnFilters(options.on ?? []),
      ...(options.policies === undefined ? {} : turnOn(options.policies)),
    },
    ignorePortInHostMatching: options.ignorePort ?? false,
    requestHeadersToRemove: [...(options.removeHeaders ?? [])],
    // A destination that does not exist yet answers 503 until it does, and the other routes go on.
    validateClusters: false,
    // Istio's limit for the body of a direct response; Envoy's own is 4 KiB.
    maxDirectResponseBodySizeBytes: 1_048_576,
  });
}
