import type { Route } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { HttpMatch, HttpRoute, VirtualService } from "../model/types.ts";

/** What of the user's files a route was made from. */
export interface RouteOrigin {
  readonly virtualService: VirtualService;
  readonly http: HttpRoute;
  /** The one of the rule's alternatives; absent for a rule without a match. */
  readonly match?: HttpMatch;
}

// Beside the messages, since Envoy's format has no place for it that it would not send back with every request.
const origins = new WeakMap<Route, RouteOrigin>();

/** Remembers where a route comes from, for as long as somebody holds the route. */
export function fromRule(route: Route, origin: RouteOrigin): Route {
  origins.set(route, origin);
  return route;
}

/** The rule that a route was made from; `undefined` for routes of no VirtualService. */
export function originOf(route: Route): RouteOrigin | undefined {
  return origins.get(route);
}
