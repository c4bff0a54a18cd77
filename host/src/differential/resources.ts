import type { ScenarioFilter } from "./scenario.ts";

const API = "type.googleapis.com/envoy";

/** An Envoy that takes its listeners and clusters from two files, and looks again whenever a file is put in their place. */
export function bootstrap(listenersPath: string, clustersPath: string): object {
  return {
    node: { id: "differential", cluster: "differential" },
    dynamic_resources: { lds_config: source(listenersPath), cds_config: source(clustersPath) },
    stats_flush_on_admin: true,
    // Each listener brings hundreds of others, and every look at them goes through all.
    stats_config: {
      stats_matcher: { inclusion_list: { patterns: [{ prefix: "wasmcustom." }, { suffix: ".downstream_cx_active" }] } },
    },
  };
}

function source(path: string): object {
  return { path_config_source: { path }, resource_api_version: "V3" };
}

/** A file of resources as Envoy reads it. */
export function resourceFile(type: "listener" | "cluster", resources: readonly object[]): object {
  const url = `${API}.config.${type}.v3.${type === "listener" ? "Listener" : "Cluster"}`;
  return { version_info: "1", type_url: url, resources: resources.map((resource) => ({ "@type": url, ...resource })) };
}

/** What a scenario's listener is made of. `file` is where the module's bytes are. */
export interface ListenerPlan {
  readonly key: string;
  readonly upstream: string;
  readonly bufferLimit: number | undefined;
  readonly filters: readonly (Omit<ScenarioFilter, "wasm"> & { readonly file: string })[];
}

/** A listener on a free loopback port: the scenario's filters before its upstream. */
export function listener(plan: ListenerPlan): object {
  const manager = {
    "@type": `${API}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: plan.key,
    generate_request_id: false,
    http_protocol_options: { enable_trailers: true },
    route_config: {
      name: plan.key,
      validate_clusters: false,
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: plan.upstream } }] },
      ],
    },
    http_filters: [...plan.filters.map(wasmFilter), router()],
  };
  return {
    name: plan.key,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    per_connection_buffer_limit_bytes: plan.bufferLimit ?? 1024 * 1024,
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

function router(): object {
  return {
    name: "router",
    typed_config: { "@type": `${API}.extensions.filters.http.router.v3.Router`, suppress_envoy_headers: true },
  };
}

function wasmFilter(filter: ListenerPlan["filters"][number], index: number): object {
  const { failurePolicy = "closed", allowedCapabilities } = filter;
  const config = {
    name: filter.name ?? "",
    root_id: filter.rootId ?? "",
    vm_config: {
      vm_id: filter.vmId ?? "",
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: filter.file } },
      configuration: bytesValue(filter.vmConfiguration),
      ...(filter.environment === undefined ? {} : { environment_variables: { key_values: filter.environment } }),
    },
    configuration: bytesValue(filter.configuration),
    failure_policy: { closed: "FAIL_CLOSED", open: "FAIL_OPEN", reload: "FAIL_RELOAD" }[failurePolicy],
    ...(failurePolicy === "reload"
      ? { reload_config: { backoff: { base_interval: seconds(filter.reloadBackoffMs ?? 1000) } } }
      : {}),
    ...(filter.allowOnHeadersStopIteration === true ? { allow_on_headers_stop_iteration: true } : {}),
    ...(allowedCapabilities === undefined
      ? {}
      : {
          capability_restriction_config: {
            allowed_capabilities: Object.fromEntries(allowedCapabilities.map((name) => [name, {}])),
          },
        }),
  };
  return { name: `wasm${index}`, typed_config: { "@type": `${API}.extensions.filters.http.wasm.v3.Wasm`, config } };
}

function bytesValue(value: string | Uint8Array | undefined): object {
  return {
    "@type": "type.googleapis.com/google.protobuf.BytesValue",
    value: Buffer.from(value ?? "").toString("base64"),
  };
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

/** A cluster of one loopback port. */
export function cluster(name: string, port: number, protocol: "http1" | "http2"): object {
  const options =
    protocol === "http1" ? { http_protocol_options: { enable_trailers: true } } : { http2_protocol_options: {} };
  const endpoint = { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": `${API}.extensions.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: options,
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}
