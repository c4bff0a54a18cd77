import { RE2JS } from "re2js";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { mapOf } from "../decode/collections.ts";
import { defined, message } from "../decode/message.ts";
import { enumeration, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import { patchContexts } from "../envoy-filter.ts";
import type { ClusterMatch, ListenerMatch, RouteConfigurationMatch } from "../envoy-filter.ts";

/** The network filter that has all HTTP filters inside of it. */
export const connectionManagerName = "envoy.filters.network.http_connection_manager";

/** A regular expression that is searched for, in RE2's syntax. */
const searched: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  try {
    RE2JS.compile(text);
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is not a regular expression: ${why}`,
      allowed: "RE2 syntax",
    });
  }
});

const proxy = message("ProxyMatch", { optional: { proxyVersion: searched, metadata: mapOf(string) } }, (given) =>
  defined({ version: given.proxyVersion, metadata: given.metadata ?? {} }),
);

const subFilter = message("SubFilterMatch", { required: { name: nonEmptyString } }, (given) => given);

const filter = message(
  "FilterMatch",
  { required: { name: nonEmptyString }, optional: { subFilter }, examples: { name: connectionManagerName } },
  (given) => defined(given),
);

/** Istio has a list in one string. */
const applicationProtocols: Decoder<readonly string[]> = refine(nonEmptyString, (text) =>
  text.split(",").map((protocol) => protocol.trim()),
);

const filterChain = message(
  "FilterChainMatch",
  {
    optional: {
      name: string,
      sni: string,
      transportProtocol: string,
      applicationProtocols,
      destinationPort: portNumber,
      filter,
    },
  },
  (given) => defined(given),
);

const listener: Decoder<ListenerMatch> = message(
  "ListenerMatch",
  {
    optional: { portNumber, name: string, listenerFilter: string, filterChain },
    // Istio has the field, and matches nothing by it either.
    ignored: ["portName"],
    inside: { filter: "filterChain", sni: "filterChain", subFilter: "filterChain.filter" },
  },
  (given) => defined(given),
);

const route = message(
  "RouteMatch",
  { optional: { name: string, action: enumeration(["ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"]) } },
  (given) => defined({ name: given.name, action: given.action ?? "ANY" }),
);

const vhost = message("VirtualHostMatch", { optional: { name: string, domainName: string, route } }, (given) =>
  defined(given),
);

const routeConfiguration: Decoder<RouteConfigurationMatch> = message(
  "RouteConfigurationMatch",
  {
    optional: { portNumber, portName: string, gateway: string, name: string, vhost },
    inside: { route: "vhost", domainName: "vhost" },
  },
  (given) => defined(given),
);

const cluster: Decoder<ClusterMatch> = message(
  "ClusterMatch",
  { optional: { portNumber, service: string, subset: string, name: string } },
  (given) => defined(given),
);

/** Istio: EnvoyConfigObjectMatch. WAYPOINT is of a mode of Istio that Sluice does not have. */
export const objectMatch = message(
  "EnvoyConfigObjectMatch",
  {
    optional: {
      context: enumeration(patchContexts, ["WAYPOINT"]),
      proxy,
      listener,
      routeConfiguration,
      cluster,
    },
    later: ["waypoint"],
    inside: { vhost: "routeConfiguration", filterChain: "listener", proxyVersion: "proxy" },
  },
  (given, place) => {
    const objects = (["listener", "routeConfiguration", "cluster"] as const).filter((one) => given[one] !== undefined);
    const [first, second] = objects;
    if (first === undefined || second === undefined) return defined({ ...given, context: given.context ?? "ANY" });
    const path = `${place.path}.${second}`;
    return reportError(place.context, {
      offset: place.key(second),
      path,
      message: `${path} and ${first} exclude each other`,
      fix: "make two patches of it",
    });
  },
);
