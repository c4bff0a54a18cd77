/** What an expression's value is. */
export type ExpressionType = "text" | "number" | "truth";

/**
 * When an attribute is known: with the proxy's start, with the request's headers, with the response's, with the end of the
 * stream; or it is one of Istio's labels, which the filter has worked out by then.
 */
export type Known = "start" | "request" | "response" | "end" | "label";

export interface AttributeInfo {
  readonly type: ExpressionType;
  readonly known: Known;
  /** The label of Istio that it is; for `label` only. */
  readonly label?: string;
}

const of = (type: ExpressionType, known: Known, names: readonly string[]): [string, AttributeInfo][] =>
  names.map((name) => [name, { type, known }]);

const PEER_FIELDS = {
  workload: "workload",
  namespace: "workload_namespace",
  app: "app",
  version: "version",
  service: "canonical_service",
  revision: "canonical_revision",
  cluster: "cluster",
} as const;

const peer = (name: string, prefix: string): [string, AttributeInfo][] =>
  Object.entries(PEER_FIELDS).map(([field, label]) => [
    `${name}.${field}`,
    { type: "text", known: "label", label: `${prefix}_${label}` },
  ]);

/** Envoy's attributes (and Istio's of the peers) that labels can be made of. */
export const ATTRIBUTES: ReadonlyMap<string, AttributeInfo> = new Map([
  ...of("text", "request", [
    "request.method",
    "request.host",
    "request.path",
    "request.url_path",
    "request.query",
    "request.scheme",
    "request.protocol",
    "request.referer",
    "request.useragent",
    "request.id",
    "source.address",
    "destination.address",
    "connection.requested_server_name",
    "connection.tls_version",
    "connection.subject_local_certificate",
    "connection.subject_peer_certificate",
    "connection.dns_san_local_certificate",
    "connection.dns_san_peer_certificate",
    "connection.uri_san_local_certificate",
    "connection.uri_san_peer_certificate",
    "xds.cluster_name",
    "xds.route_name",
    "xds.virtual_host_name",
    "xds.filter_chain_name",
  ]),
  ...of("number", "request", ["source.port", "destination.port"]),
  ...of("truth", "request", ["connection.mtls"]),
  ...of("text", "end", [
    "response.code_details",
    "connection.termination_details",
    "upstream.address",
    "upstream.local_address",
    "upstream.tls_version",
    "upstream.uri_san_peer_certificate",
    "upstream.transport_failure_reason",
  ]),
  ...of("number", "end", [
    "request.size",
    "response.size",
    "response.flags",
    "upstream.port",
    "upstream.request_attempt_count",
  ]),
  ...of("text", "start", ["xds.node.id", "xds.node.cluster"]),
  ["response.code", { type: "number", known: "label", label: "response_code" }],
  // Envoy itself no longer knows it when the stream ends.
  ["response.grpc_status", { type: "number", known: "label", label: "grpc_response_status" }],
  ...peer("downstream_peer", "source"),
  ...peer("upstream_peer", "destination"),
]);

/** Other spellings of the same. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["node.id", "xds.node.id"],
  ["node.cluster", "xds.node.cluster"],
  ["node.metadata", "xds.node.metadata"],
  ...[...ATTRIBUTES.keys()]
    .filter((name) => name.includes("_peer."))
    .map((name): [string, string] => [`filter_state.${name}`, name]),
]);

/** Maps of text that are looked into by `[KEY]`. */
export const MAPS: ReadonlyMap<string, Known> = new Map([
  ["request.headers", "request"],
  ["response.headers", "response"],
  ["xds.node.metadata", "start"],
]);
