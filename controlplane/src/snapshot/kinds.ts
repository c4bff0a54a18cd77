import type { ResourceKind } from "./types.ts";

/** The protobuf type of each kind, as discovery requests name it. */
export const TYPE_URLS: Readonly<Record<ResourceKind, string>> = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoint: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  virtualHost: "type.googleapis.com/envoy.config.route.v3.VirtualHost",
  extension: "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
  secret: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
  runtime: "type.googleapis.com/envoy.service.runtime.v3.Runtime",
};

/** Istio's short names, for metrics and messages. */
export const SHORT_NAMES: Readonly<Record<ResourceKind, string>> = {
  cluster: "cds",
  endpoint: "eds",
  listener: "lds",
  route: "rds",
  virtualHost: "vhds",
  extension: "ecds",
  secret: "sds",
  runtime: "rtds",
};

/** In the order in which one depends on another. */
export const KINDS: readonly ResourceKind[] = [
  "cluster",
  "endpoint",
  "listener",
  "route",
  "virtualHost",
  "extension",
  "secret",
  "runtime",
];

/** A record with an entry for each kind. */
export function forEachKind<T>(make: (kind: ResourceKind) => T): Record<ResourceKind, T> {
  return {
    cluster: make("cluster"),
    endpoint: make("endpoint"),
    listener: make("listener"),
    route: make("route"),
    virtualHost: make("virtualHost"),
    extension: make("extension"),
    secret: make("secret"),
    runtime: make("runtime"),
  };
}

const kindsByTypeUrl = new Map<string, ResourceKind>(KINDS.map((kind) => [TYPE_URLS[kind], kind]));

/** `undefined` for a type that is not served. */
export function kindOf(typeUrl: string): ResourceKind | undefined {
  return kindsByTypeUrl.get(typeUrl);
}
