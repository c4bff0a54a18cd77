import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { Mesh, Proxy, Telemetry } from "../model/types.ts";
import { metricTags } from "../policy/index.ts";
import { patchedBootstrap } from "./envoy-filter/patch-bootstrap.ts";
import { modulesCluster, xdsCluster } from "./names.ts";
import { nodeMetadata } from "./node.ts";
import { runtimeLayer } from "./runtime.ts";

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface BootstrapOptions {
  /** The control plane's gRPC port. */
  readonly xds: SocketAddress;
  /** The control plane's HTTP port, which serves the modules. */
  readonly http: SocketAddress;
  /** Where Envoy's own admin interface is to listen. */
  readonly admin: SocketAddress;
  /** All of the mesh: Envoy takes labels out of metrics' names by expressions that it reads when it starts only. */
  readonly telemetries?: readonly Telemetry[];
  /** What the mesh says of how Envoys are started; nothing if not given. */
  readonly mesh?: Pick<Mesh, "config" | "envoyFilters" | "proxyConfigs">;
}

/**
 * The bootstrap configuration of a proxy, as `envoy -c` takes it (JSON of envoy.config.bootstrap.v3.Bootstrap).
 * Beyond the names of the user's own labels, and what the user says of how Envoys are started, nothing in it changes
 * while the mesh does: all else comes over ADS.
 */
export function bootstrap(proxy: Proxy, { mesh = EMPTY_MESH, ...options }: BootstrapOptions): object {
  return patchedBootstrap(ownBootstrap(proxy, mesh, options), proxy, mesh);
}

function ownBootstrap(
  proxy: Proxy,
  mesh: Pick<Mesh, "config" | "proxyConfigs">,
  { xds, http, admin, telemetries = [] }: BootstrapOptions,
): object {
  const tags = metricTags(ownLabels(telemetries));
  return {
    node: node(proxy, mesh),
    admin: { address: socketAddress(admin) },
    static_resources: {
      clusters: [
        staticCluster(xdsCluster, xds, {
          http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } },
        }),
        staticCluster(modulesCluster, http, { http_protocol_options: {} }),
      ],
    },
    dynamic_resources: dynamicResources(),
    stats_config: { stats_tags: tags.map(({ tagName, regex }) => ({ tag_name: tagName, regex })) },
    layered_runtime: {
      layers: [
        // Istio's limit for regular expressions; Envoy's own refuses what users of Istio write.
        { name: "static", static_layer: { "re2.max_program_size.error_level": 32_768 } },
        runtimeLayer(ads),
        { name: "admin", admin_layer: {} },
      ],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections: 50_000,
          },
        },
      ],
    },
  };
}

function ownLabels(telemetries: readonly Telemetry[]): string[] {
  const tags = telemetries.flatMap(({ overrides }) => overrides.flatMap((override) => Object.entries(override.tags)));
  return [...new Set(tags.filter(([, { operation }]) => operation === "UPSERT").map(([name]) => name))].toSorted();
}

function node(proxy: Proxy, mesh: Pick<Mesh, "config" | "proxyConfigs">): object {
  const { id, kind, workload } = proxy;
  const { address, namespace, name, labels } = workload;
  const type = kind === "gateway" ? "router" : "sidecar";
  return {
    id: `${type}~${address}~${id}~${namespace}.svc.cluster.local`,
    cluster: `${labels["app"] ?? name}.${namespace}`,
    metadata: nodeMetadata(proxy, mesh),
  };
}

// No time limit for the first answer: an Envoy that starts before the control plane waits for it.
const ads = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };

function dynamicResources(): object {
  return {
    ads_config: {
      api_type: "DELTA_GRPC",
      transport_api_version: "V3",
      set_node_on_first_message_only: true,
      grpc_services: [
        {
          envoy_grpc: {
            cluster_name: xdsCluster,
            // Envoy's own 0.5 s to 30 s would keep a restarted control plane waiting.
            retry_policy: { retry_back_off: { base_interval: "0.1s", max_interval: "1s" } },
          },
        },
      ],
    },
    cds_config: ads,
    lds_config: ads,
  };
}

const numericAddress = /^[\d.]+$|:/;

function staticCluster(name: string, address: SocketAddress, protocol: object): object {
  return {
    name,
    type: numericAddress.test(address.address) ? "STATIC" : "STRICT_DNS",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address) } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: protocol,
      },
    },
  };
}

function socketAddress({ address, port }: SocketAddress): object {
  return { socket_address: { address, port_value: port } };
}
