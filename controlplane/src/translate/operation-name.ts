import { isMessage } from "@bufbuild/protobuf";
import {
  DecoratorSchema,
  RouteSchema,
  VirtualHostSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route, VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";

/** The same routes with the names that Istio gives to their spans; any other resource as it is. */
export function withOperations(resource: Resource): Resource {
  const { message } = resource;
  if (!isMessage(message, RouteConfigurationSchema)) return resource;
  const virtualHosts = message.virtualHosts.map((host) =>
    create(VirtualHostSchema, { ...host, routes: host.routes.map((route) => named(route, host)) }),
  );
  return { ...resource, message: create(RouteConfigurationSchema, { ...message, virtualHosts }) };
}

function named(route: Route, host: VirtualHost): Route {
  if (route.action.case !== "route") return route;
  const operation = `${destinationOf(route) ?? host.name}${pathOf(route)}`;
  return create(RouteSchema, { ...route, decorator: create(DecoratorSchema, { operation }) });
}

/** `HOST:PORT` of an only destination; of several it is not clear which one it will be. */
function destinationOf({ action }: Route): string | undefined {
  if (action.case !== "route" || action.value.clusterSpecifier.case !== "cluster") return undefined;
  const [direction, port, , host] = action.value.clusterSpecifier.value.split("|");
  return direction === undefined || port === undefined || host === undefined ? undefined : `${host}:${port}`;
}

function pathOf({ match }: Route): string {
  const path = match?.pathSpecifier;
  if (path?.case === "prefix") return `${path.value}*`;
  if (path?.case === "path") return path.value;
  return path?.case === "safeRegex" ? path.value.regex : "/*";
}
