const API = "type.googleapis.com/envoy";

/** A listener with modules before an upstream, and where their call-outs go. */
export interface ModulesSetup {
  /** The listener's port on the loopback address; 0 = a free one, which `admin.listeners()` tells. */
  readonly port: number;
  /** In the order in which a request passes them: a module's bytes, and fields of envoy.extensions.wasm.v3.PluginConfig. */
  readonly modules: readonly { readonly wasm: Uint8Array; readonly config?: object; readonly configuration?: string }[];
  /** Ports on the loopback address by the cluster's name, such as of echo servers in the test. `upstream` is where requests go; without it they are answered 200 by Envoy itself. */
  readonly clusters?: Readonly<Record<string, number>>;
}

/** The bootstrap of an Envoy that runs modules. The listener is named `modules`. */
export function modulesConfig({ port, modules, clusters = {} }: ModulesSetup): object {
  const http = `${API}.extensions.filters.http`;
  const filters = modules.map(({ wasm, config = {}, configuration = "" }, index) => ({
    name: `module${index}`,
    typed_config: {
      "@type": `${http}.wasm.v3.Wasm`,
      config: {
        name: `module${index}`,
        configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: configuration },
        vm_config: { vm_id: `module${index}`, runtime: "envoy.wasm.runtime.v8", code: inline(wasm) },
        ...config,
      },
    },
  }));
  const action = "upstream" in clusters ? { route: { cluster: "upstream" } } : { direct_response: { status: 200 } };
  const manager = {
    "@type": `${API}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "modules",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, ...action }] }] },
    http_filters: [...filters, { name: "router", typed_config: { "@type": `${http}.router.v3.Router` } }],
  };
  const listener = {
    name: "modules",
    address: loopback(port),
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
  const all = Object.entries(clusters).map(([name, to]) => cluster(name, loopback(to)));
  return { static_resources: { listeners: [listener], clusters: all } };
}

/** A control plane to join, and as whom. */
export interface ControlPlaneSetup {
  readonly address: string;
  readonly port: number;
  /** envoy.config.core.v3.Node: `id` and `cluster` at least. */
  readonly node: { readonly id: string; readonly cluster: string; readonly metadata?: object };
}

/** The bootstrap of an Envoy that takes everything from a control plane, by incremental ADS over gRPC without TLS. */
export function controlPlaneConfig({ address, port, node }: ControlPlaneSetup): object {
  const ads = { ads: {}, resource_api_version: "V3" };
  const http2 = {
    "@type": `${API}.extensions.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  };
  const plane = {
    ...cluster("control-plane", { socket_address: { address, port_value: port } }),
    typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2 },
  };
  return {
    node,
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "control-plane" } }],
      },
    },
    static_resources: { clusters: [plane] },
  };
}

function inline(wasm: Uint8Array): object {
  return { local: { inline_bytes: Buffer.from(wasm).toString("base64") } };
}

function loopback(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function cluster(name: string, address: object): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  return { name, connect_timeout: "1s", load_assignment: { cluster_name: name, endpoints } };
}
