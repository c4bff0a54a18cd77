import type { Resource } from "../../snapshot/types.ts";

export const SIDECAR = "reviews-v1.shop";
export const GATEWAY = "edge.shop";
const MANAGER = "envoy.filters.network.http_connection_manager";
const LUA = '{ name: lua, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua } }';
const RBAC =
  '{ name: rbac, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC, stat_prefix: x } }';
export const ROUTE = "{ name: added, match: { prefix: /added }, direct_response: { status: 200 } }";
export const HOST = `{ name: added, domains: [added.test], routes: [${ROUTE}] }`;
const LISTENER = "{ name: added, address: { socket_address: { address: 127.0.0.1, port_value: 7777 } } }";

export const inbound = [SIDECAR, "listener", "inbound|"] as const;
export const outbound = [SIDECAR, "listener", "outbound"] as const;
export const edge = [GATEWAY, "listener", "127.0.0.3_8080"] as const;
export const edgeRoutes = [GATEWAY, "route", "http.8080"] as const;
export const cluster = [SIDECAR, "cluster", "outbound|9080||reviews"] as const;
export const program = [SIDECAR, "cluster", "inbound|9090|"] as const;

export const at = (subFilter: string): string =>
  `filterChain: { filter: { name: ${MANAGER}, subFilter: { name: ${subFilter} } } }`;
export const one = (applyTo: string, match: string, patch: string): string =>
  `configPatches: [{ applyTo: ${applyTo}, match: ${match}, patch: ${patch} }]`;

export type Where = readonly [proxy: string, kind: Resource["kind"], name: string];
export type Row = readonly [
  name: string,
  applyTo: string,
  match: string,
  patch: string,
  where: Where,
  expected: RegExp | "gone" | "untouched",
];

/** What a patch of each kind does to what it means: its match, the patch, and what is looked for where. */
export const LISTENER_ROWS: readonly Row[] = [
  [
    "merge",
    "LISTENER",
    "{ context: SIDECAR_INBOUND }",
    "{ operation: MERGE, value: { listener_filters_timeout: 3s } }",
    inbound,
    /"listener_filters_timeout":"3s"/,
  ],
  [
    "merge by a name of Istio's",
    "LISTENER",
    "{ listener: { name: 0.0.0.0_9080 } }",
    "{ operation: MERGE, value: { stat_prefix: x } }",
    outbound,
    /"stat_prefix":"x"/,
  ],
  ["remove", "LISTENER", "{ context: GATEWAY, listener: { portNumber: 8080 } }", "{ operation: REMOVE }", edge, "gone"],
  [
    "add",
    "LISTENER",
    "{ context: SIDECAR_OUTBOUND }",
    `{ operation: ADD, value: ${LISTENER} }`,
    [SIDECAR, "listener", "added"],
    /7777/,
  ],
  [
    "not for others",
    "LISTENER",
    "{ context: GATEWAY }",
    `{ operation: ADD, value: ${LISTENER} }`,
    [SIDECAR, "listener", "added"],
    "gone",
  ],
  [
    "add",
    "LISTENER_FILTER",
    "{ context: SIDECAR_INBOUND }",
    '{ operation: ADD, value: { name: x, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst } } }',
    inbound,
    /"listener_filters":\[\{"name":"x"/,
  ],
  [
    "merge",
    "FILTER_CHAIN",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { destinationPort: 9090 } } }",
    "{ operation: MERGE, value: { transport_socket_connect_timeout: 2s } }",
    inbound,
    /"transport_socket_connect_timeout":"2s"/,
  ],
  [
    "by transport protocol, as in Istio",
    "FILTER_CHAIN",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { transportProtocol: raw_buffer } } }",
    "{ operation: MERGE, value: { name: x } }",
    inbound,
    /"name":"x"/,
  ],
  [
    "of another server name",
    "FILTER_CHAIN",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { sni: a.com } } }",
    "{ operation: MERGE, value: { name: x } }",
    inbound,
    "untouched",
  ],
  [
    "add",
    "FILTER_CHAIN",
    "{ context: GATEWAY }",
    "{ operation: ADD, value: { name: second } }",
    edge,
    /\{"name":"second"\}/,
  ],
  ["remove", "FILTER_CHAIN", "{ context: GATEWAY }", "{ operation: REMOVE }", edge, /^(?!.*filter_chains)/],
  [
    "insert first",
    "NETWORK_FILTER",
    "{ context: SIDECAR_INBOUND }",
    `{ operation: INSERT_FIRST, value: ${RBAC} }`,
    inbound,
    /"filters":\[\{"name":"rbac"/,
  ],
  [
    "insert before",
    "NETWORK_FILTER",
    `{ context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: ${MANAGER} } } } }`,
    `{ operation: INSERT_BEFORE, value: ${RBAC} }`,
    inbound,
    /"name":"rbac".*"name":"envoy.filters.network.http_connection_manager"/,
  ],
  [
    "insert after the last-but-one",
    "NETWORK_FILTER",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: sluice.direct_peer } } } }",
    `{ operation: INSERT_AFTER, value: ${RBAC} }`,
    inbound,
    /sluice.direct_peer.*"name":"rbac".*http_connection_manager/,
  ],
  [
    "add stands before the one that takes the connection",
    "NETWORK_FILTER",
    "{ context: SIDECAR_OUTBOUND, listener: { portNumber: 5432 } }",
    `{ operation: ADD, value: ${RBAC} }`,
    [SIDECAR, "listener", "outbound|5432"],
    /"name":"rbac".*"name":"envoy.filters.network.tcp_proxy"/,
  ],
  [
    "merge into the connection manager",
    "NETWORK_FILTER",
    `{ context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: ${MANAGER} } } } }`,
    '{ operation: MERGE, value: { typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, common_http_protocol_options: { idle_timeout: 30s } } } }',
    inbound,
    /"idle_timeout":"30s"/,
  ],
  [
    "remove",
    "NETWORK_FILTER",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: sluice.direct_peer } } } }",
    "{ operation: REMOVE }",
    inbound,
    /^(?!.*sluice.direct_peer)/,
  ],
  [
    "replace",
    "NETWORK_FILTER",
    "{ context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: sluice.direct_peer } } } }",
    `{ operation: REPLACE, value: ${RBAC} }`,
    inbound,
    /"filters":\[\{"name":"rbac"/,
  ],
  [
    "insert before the router",
    "HTTP_FILTER",
    `{ context: SIDECAR_INBOUND, listener: { portNumber: 9090, ${at("envoy.filters.http.router")} } }`,
    `{ operation: INSERT_BEFORE, value: ${LUA} }`,
    inbound,
    /"envoy.filters.http.cors".*"name":"lua".*"envoy.filters.http.router"/,
  ],
  [
    "insert after a filter of Istio's",
    "HTTP_FILTER",
    `{ context: SIDECAR_INBOUND, listener: { ${at("envoy.filters.http.fault")} } }`,
    `{ operation: INSERT_AFTER, value: ${LUA} }`,
    inbound,
    /"sluice.inbound".*"name":"lua".*"envoy.filters.http.cors"/,
  ],
  [
    "insert first",
    "HTTP_FILTER",
    "{ context: GATEWAY }",
    `{ operation: INSERT_FIRST, value: ${LUA} }`,
    edge,
    /"http_filters":\[\{"name":"lua"/,
  ],
  [
    "add stands before the router",
    "HTTP_FILTER",
    "{ context: GATEWAY }",
    `{ operation: ADD, value: ${LUA} }`,
    edge,
    /"name":"lua".*"envoy.filters.http.router"/,
  ],
  [
    "add after authentication",
    "HTTP_FILTER",
    "{ context: GATEWAY }",
    `{ operation: ADD, filterClass: AUTHN, value: ${LUA} }`,
    edge,
    /"name":"lua".*"sluice.outbound"/,
  ],
  [
    "add after authorization",
    "HTTP_FILTER",
    "{ context: GATEWAY }",
    `{ operation: ADD, filterClass: AUTHZ, value: ${LUA} }`,
    edge,
    /"sluice.outbound".*"name":"lua".*"envoy.filters.http.cors"/,
  ],
  [
    "remove",
    "HTTP_FILTER",
    `{ context: GATEWAY, listener: { ${at("envoy.filters.http.cors")} } }`,
    "{ operation: REMOVE }",
    edge,
    /^(?!.*http.cors)/,
  ],
  [
    "remove never means ours by a name of Istio's",
    "HTTP_FILTER",
    `{ context: GATEWAY, listener: { ${at("envoy.filters.http.rbac")} } }`,
    "{ operation: REMOVE }",
    edge,
    "untouched",
  ],
  [
    "replace",
    "HTTP_FILTER",
    `{ context: GATEWAY, listener: { ${at("envoy.filters.http.cors")} } }`,
    `{ operation: REPLACE, value: ${LUA} }`,
    edge,
    /"name":"lua".*"envoy.filters.http.router"/,
  ],
  [
    "merge",
    "HTTP_FILTER",
    `{ context: GATEWAY, listener: { ${at("envoy.filters.http.router")} } }`,
    '{ operation: MERGE, value: { typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true } } }',
    edge,
    /"suppress_envoy_headers":true/,
  ],
  [
    "insert after authentication, by the name of Istio's filter",
    "HTTP_FILTER",
    `{ context: SIDECAR_INBOUND, listener: { ${at("envoy.filters.http.jwt_authn")} } }`,
    `{ operation: INSERT_AFTER, value: ${LUA} }`,
    inbound,
    /"sluice.tokens".*"name":"lua".*"sluice.inbound"/,
  ],
];
