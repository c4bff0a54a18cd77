import { clusterOf } from "./upstream.ts";
import type { Upstream } from "./upstream.ts";

/** Where a filter stands: among the HTTP filters of a connection manager, or among a listener's network filters. */
export type FilterKind = "http" | "tcp";

/** The name of the filter in Envoy's configuration, and so of its extension resource. */
export const FILTER_NAME = "sluice.dev";

const TYPES = "type.googleapis.com/";
const HTTP = `${TYPES}envoy.extensions.filters.http`;
const NETWORK = `${TYPES}envoy.extensions.filters.network`;
const WASM: Readonly<Record<FilterKind, string>> = { http: `${HTTP}.wasm.v3.Wasm`, tcp: `${NETWORK}.wasm.v3.Wasm` };

export interface DevEnvoy {
  readonly kind: FilterKind;
  readonly port: number;
  readonly upstream: Upstream;
  /** Clusters for the filter's call-outs. */
  readonly clusters: readonly Upstream[];
  /** The folder with `extension.json`, as Envoy sees it. */
  readonly folder: string;
}

/** The file in which Envoy finds which module to run. */
export const EXTENSION_FILE = "extension.json";

/**
 * The bootstrap: one listener on loopback with the filter in front of the upstream. The filter comes from a file that Envoy
 * watches, so that new code needs no new listener and cuts no connection.
 */
export function devConfig(dev: DevEnvoy): object {
  const filters = dev.kind === "http" ? [connectionManager(dev)] : [wasmFilter(dev), tcpProxy(dev.upstream)];
  return {
    node: { id: FILTER_NAME, cluster: FILTER_NAME },
    static_resources: {
      listeners: [
        {
          name: "dev",
          address: { socket_address: { address: "127.0.0.1", port_value: dev.port } },
          // Two Envoys could share a port otherwise, and each would get some of the requests.
          enable_reuse_port: false,
          filter_chains: [{ filters }],
        },
      ],
      clusters: [dev.upstream, ...dev.clusters].map(clusterOf),
    },
  };
}

function wasmFilter({ kind, folder }: DevEnvoy): object {
  const source = { path: `${folder}/${EXTENSION_FILE}`, watched_directory: { path: folder } };
  return {
    name: FILTER_NAME,
    config_discovery: {
      config_source: { resource_api_version: "V3", path_config_source: source },
      type_urls: [WASM[kind]],
    },
  };
}

function connectionManager(dev: DevEnvoy): object {
  const { cluster, host } = dev.upstream;
  // A server elsewhere is asked by its own name; one on this machine sees the name that the client used.
  const rewrite = isLoopback(host) ? {} : { host_rewrite_literal: host };
  const route = { match: { prefix: "/" }, route: { cluster, ...rewrite } };
  return {
    name: "http",
    typed_config: {
      "@type": `${NETWORK}.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "dev",
      http_filters: [
        wasmFilter(dev),
        { name: "envoy.filters.http.router", typed_config: { "@type": `${HTTP}.router.v3.Router` } },
      ],
      route_config: { name: "dev", virtual_hosts: [{ name: "dev", domains: ["*"], routes: [route] }] },
    },
  };
}

function tcpProxy({ cluster }: Upstream): object {
  const type = `${NETWORK}.tcp_proxy.v3.TcpProxy`;
  return { name: "envoy.filters.network.tcp_proxy", typed_config: { "@type": type, stat_prefix: "dev", cluster } };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** What the filter runs with. */
export interface Extension {
  readonly kind: FilterKind;
  /** The module's path as Envoy sees it. */
  readonly module: string;
  readonly configuration: Uint8Array;
  readonly rootId: string;
  /** Unlike that of any extension before: each gets a VM and shared data of its own. */
  readonly revision: number;
}

/** The answer that Envoy reads from its file: a DiscoveryResponse with one TypedExtensionConfig. */
export function extensionDocument({ kind, module, configuration, rootId, revision }: Extension): object {
  const value = Buffer.from(configuration).toString("base64");
  const config = {
    name: FILTER_NAME,
    root_id: rootId,
    configuration: { "@type": `${TYPES}google.protobuf.BytesValue`, value },
    vm_config: {
      vm_id: `${FILTER_NAME}.${revision}`,
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: module } },
    },
  };
  const type = `${TYPES}envoy.config.core.v3.TypedExtensionConfig`;
  const resource = { "@type": type, name: FILTER_NAME, typed_config: { "@type": WASM[kind], config } };
  return { version_info: String(revision), resources: [resource] };
}

/** What a module is made for, by the callbacks that it exports; one that has both kinds, or none, counts as HTTP. */
export function kindOf(exported: readonly string[]): FilterKind {
  const has = (...names: readonly string[]): boolean => names.some((name) => exported.includes(name));
  if (has("proxy_on_request_headers", "proxy_on_response_headers", "proxy_on_request_body", "proxy_on_response_body"))
    return "http";
  return has("proxy_on_new_connection", "proxy_on_downstream_data", "proxy_on_upstream_data") ? "tcp" : "http";
}
