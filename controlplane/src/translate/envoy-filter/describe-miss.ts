import type { ConfigPatch, MatchPart, PatchOperation } from "../../model/envoy-filter.ts";

/** Where in a patch a part of its match is written. */
export const FIELDS: Readonly<Record<MatchPart, string>> = {
  proxy: ".match",
  listener: ".match.listener",
  listenerFilter: ".match.listener.listenerFilter",
  filterChain: ".match.listener.filterChain",
  filter: ".match.listener.filterChain.filter",
  subFilter: ".match.listener.filterChain.filter.subFilter",
  routeConfiguration: ".match.routeConfiguration",
  vhost: ".match.routeConfiguration.vhost",
  route: ".match.routeConfiguration.vhost.route",
  cluster: ".match.cluster",
};

/** What a patch for other proxies needs. */
export function proxyFix({ proxy, context }: ConfigPatch, elsewhere: string | undefined): string | undefined {
  if (proxy?.version === undefined) {
    const whom = context === "GATEWAY" ? "a gateway" : "a sidecar";
    return elsewhere === undefined ? undefined : `put it into the namespace ${elsewhere}, where there is ${whom}`;
  }
  return "leave out proxyVersion: the Envoys here are of no version of Istio";
}

/** What was looked for in words, and the name by which a near one may be found. */
export function wantedOf(patch: ConfigPatch, part: MatchPart): { readonly text: string; readonly name?: string } {
  if (part === "proxy") return { text: `no proxy that it is for ${wantedProxy(patch)}` };
  const { listener, routeConfiguration, cluster } = patch;
  const chain = listener?.filterChain;
  const vhost = routeConfiguration?.vhost;
  const parts: Readonly<Record<typeof part, readonly [what: string, match: object | undefined]>> = {
    listener: ["listener", listener],
    listenerFilter: ["listener filter", { name: listener?.listenerFilter }],
    filterChain: ["filter chain", chain],
    filter: ["network filter", chain?.filter],
    subFilter: ["HTTP filter that could be changed", chain?.filter?.subFilter],
    routeConfiguration: ["route configuration", routeConfiguration],
    vhost: ["virtual host", vhost],
    route: ["route", vhost?.route],
    cluster: ["cluster", cluster],
  };
  return sought(...parts[part]);
}

function wantedProxy({ applyTo, context, proxy }: ConfigPatch): string {
  if (applyTo === "EXTENSION_CONFIG") return "has a filter that asks for the extension";
  return proxy === undefined
    ? `has anything of ${applyTo} in the context ${context}`
    : "is such a one as match.proxy asks for";
}

function sought(what: string, match: object = {}): { readonly text: string; readonly name?: string } {
  const fields = Object.entries(match).filter(([, value]) => typeof value === "string" || typeof value === "number");
  const conditions = fields.map(([field, value]) => `${field} ${String(value)}`).join(" and ");
  const name = fields.map(([, value]) => value).find((value) => typeof value === "string");
  return {
    text: `no ${what}${conditions === "" ? "" : ` with ${conditions}`}`,
    ...(typeof name === "string" ? { name } : {}),
  };
}

const MERGES: readonly PatchOperation[] = ["MERGE", "MERGE_AND_REPLACE_LIST"];

/** Why a patch can change nothing, whatever there is: Istio ignores these without a word. */
export function impossibleIn({ applyTo, operation, listener }: ConfigPatch): string | undefined {
  if (applyTo === "ROUTE_CONFIGURATION") {
    return MERGES.includes(operation) ? undefined : "a ROUTE_CONFIGURATION can only be merged with";
  }
  if (applyTo === "LISTENER" || applyTo === "FILTER_CHAIN" || applyTo === "CLUSTER") {
    return operation === "REPLACE" ? `a ${applyTo} cannot be replaced; remove it and add another` : undefined;
  }
  const filter = listener?.filterChain?.filter;
  const named = {
    HTTP_FILTER: ["match.listener.filterChain.filter.subFilter", filter?.subFilter],
    NETWORK_FILTER: ["match.listener.filterChain.filter", filter],
    LISTENER_FILTER: ["match.listener.listenerFilter", listener?.listenerFilter],
  } as const;
  if (applyTo !== "HTTP_FILTER" && applyTo !== "NETWORK_FILTER" && applyTo !== "LISTENER_FILTER") return undefined;
  const [field, name] = named[applyTo];
  const needsName = operation === "REMOVE" || operation === "REPLACE";
  return needsName && name === undefined ? `${operation} needs to know which filter, by ${field}` : undefined;
}
