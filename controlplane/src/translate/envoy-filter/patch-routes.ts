import { RouteSchema, VirtualHostSchema } from "../../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Route, VirtualHost } from "../../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "../../../gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfiguration } from "../../../gen/envoy/config/route/v3/route_pb.js";
import { edited } from "./edit-list.ts";
import { portOfVirtualHost } from "./istio-names.ts";
import type { RouteNames } from "./istio-names.ts";
import { merged } from "./merge.ts";
import { applied, isAddition, mergeLists, tracesOf } from "./patch-set.ts";
import type { Patching } from "./patch-set.ts";
import type { Trace } from "./trace.ts";

/** A route configuration after the patches that mean it or a part of it. The same object if nothing does. */
export function patchedRoutes(routes: RouteConfiguration, names: RouteNames, patching: Patching): RouteConfiguration {
  let now = routes;
  for (const trace of tracesOf(patching, "ROUTE_CONFIGURATION")) {
    const lists = mergeLists(trace);
    if (lists === undefined || trace.patch.value === undefined || !meansRoutes(trace, names, now)) continue;
    applied(patching, trace);
    now = merged(RouteConfigurationSchema, now, trace.patch.value, lists);
  }
  const meant = tracesOf(patching, "VIRTUAL_HOST").filter((trace) => meansRoutes(trace, names, now));
  const inside = tracesOf(patching, "HTTP_ROUTE").filter((trace) => meansRoutes(trace, names, now));
  if (meant.length === 0 && inside.length === 0) return now;
  const hosts = now.virtualHosts.flatMap((host) => patchedHost(host, names, meant, inside, patching) ?? []);
  for (const trace of meant) {
    if (!isAddition(trace.patch.operation) || trace.patch.value === undefined) continue;
    applied(patching, trace);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read as a virtual host
    hosts.push(trace.patch.value as VirtualHost);
  }
  const isSame = hosts.length === now.virtualHosts.length && hosts.every((host, at) => host === now.virtualHosts[at]);
  return isSame ? now : { ...now, virtualHosts: hosts };
}

function meansRoutes(trace: Trace, names: RouteNames, { virtualHosts }: RouteConfiguration): boolean {
  const match = trace.patch.routeConfiguration;
  if (match === undefined) return true;
  const ports = names.port === undefined ? virtualHosts.map(({ name }) => portOfVirtualHost(name)) : [names.port];
  const { name, portNumber, portName, gateway } = match;
  const isMeant =
    (name === undefined || names.names.has(name) || (names.port === undefined && ports.includes(portInName(name)))) &&
    (portNumber === undefined || ports.includes(portNumber)) &&
    (portName === undefined || portName === names.portName) &&
    (gateway === undefined || gateway === names.gateway);
  if (!isMeant) {
    const known = names.port === undefined ? ports.flatMap((port) => (port === undefined ? [] : [String(port)])) : [];
    trace.miss("routeConfiguration", [...names.names, ...known]);
  }
  return isMeant;
}

/** Istio's outbound route configurations have ports for names. */
function portInName(name: string): number {
  return /^\d+$/.test(name) ? Number(name) : -1;
}

function meansHost(trace: Trace, names: RouteNames, { name, domains }: VirtualHost): boolean {
  const match = trace.patch.routeConfiguration;
  const wanted = match?.vhost;
  const isMeant =
    isOfPort(trace, names, name) &&
    (wanted?.name === undefined || wanted.name === name || wanted.name === names.virtualHost) &&
    (wanted?.domainName === undefined || domains.includes(wanted.domainName));
  if (!isMeant && wanted !== undefined) trace.miss("vhost", [names.virtualHost ?? name, ...domains]);
  return isMeant;
}

/** Where ours are the routes of all ports, a patch that names one means the hosts of that one. */
function isOfPort({ patch: { routeConfiguration: match } }: Trace, names: RouteNames, host: string): boolean {
  if (names.port !== undefined || match === undefined) return true;
  const byName = match.name === undefined || names.names.has(match.name) ? undefined : portInName(match.name);
  const port = match.portNumber ?? byName;
  const own = portOfVirtualHost(host);
  return port === undefined || own === port || (own === undefined && match.vhost?.name === host);
}

function patchedHost(
  host: VirtualHost,
  names: RouteNames,
  traces: readonly Trace[],
  inside: readonly Trace[],
  patching: Patching,
): VirtualHost | undefined {
  let now = host;
  for (const trace of traces) {
    const { operation, value } = trace.patch;
    if (isAddition(operation) || !meansHost(trace, names, now)) continue;
    applied(patching, trace);
    if (operation === "REMOVE") return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read as a virtual host
    if (operation === "REPLACE") now = value as VirtualHost;
    else if (value) now = merged(VirtualHostSchema, now, value, mergeLists(trace));
  }
  const meant = inside.filter((trace) => meansHost(trace, names, now));
  const routes = meant.reduce((list, trace) => patchedList(list, trace, patching), now.routes);
  return routes === now.routes ? now : { ...now, routes };
}

function patchedList(routes: Route[], trace: Trace, patching: Patching): Route[] {
  const wanted = trace.patch.routeConfiguration?.vhost?.route;
  const next = mergeLists(trace) === undefined ? editedRoutes(routes, trace) : mergedRoutes(routes, trace);
  if (next !== undefined) applied(patching, trace);
  else if (wanted !== undefined)
    trace.miss(
      "route",
      routes.map(({ name }) => name),
    );
  return next ?? routes;
}

function mergedRoutes(routes: readonly Route[], trace: Trace): Route[] | undefined {
  const { value } = trace.patch;
  if (value === undefined || !routes.some((route) => meansRoute(trace, route))) return undefined;
  return routes.map((route) =>
    meansRoute(trace, route) ? merged(RouteSchema, route, value, mergeLists(trace)) : route,
  );
}

function editedRoutes(routes: readonly Route[], trace: Trace): Route[] | undefined {
  const { operation, value, routeConfiguration } = trace.patch;
  if (operation === "MERGE" || operation === "MERGE_AND_REPLACE_LIST") return undefined;
  const isAny = routeConfiguration?.vhost?.route === undefined;
  const isMeant = (route: Route): boolean => meansRoute(trace, route);
  // Without a route to hold on to, all are removed or replaced, and an insertion has no place in particular.
  const isPlace = isAddition(operation);
  return edited(routes, {
    operation,
    isMeant: isAny && isPlace ? undefined : isMeant,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read as a route
    value: value as Route | undefined,
  });
}

const ACTIONS: Readonly<Record<string, string>> = {
  route: "ROUTE",
  redirect: "REDIRECT",
  directResponse: "DIRECT_RESPONSE",
};

function meansRoute({ patch }: Trace, { name, action }: Route): boolean {
  const match = patch.routeConfiguration?.vhost?.route;
  if (match === undefined) return true;
  const kind = ACTIONS[action.case ?? ""];
  return (
    (match.name === undefined || match.name === name) &&
    (match.action === "ANY" || (kind ?? match.action) === match.action)
  );
}
