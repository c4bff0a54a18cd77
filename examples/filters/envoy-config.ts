/** Envoy's JSON configuration for a run of the filters: a listener for each, in front of the same upstream. */

const API = "type.googleapis.com/envoy";
const STRING_VALUE = "type.googleapis.com/google.protobuf.StringValue";

export interface Example {
  readonly name: string;
  readonly port: number;
  readonly module: Uint8Array;
  readonly configuration?: string;
  /** Default: everything goes to the cluster `upstream`. */
  readonly routes?: readonly object[];
  /** A filter of connections. */
  readonly tcp?: boolean;
}

export function examplesConfig(examples: readonly Example[], clusters: Readonly<Record<string, number>>): object {
  const tag = { tag_name: "status_class", regex: "(;\\.status_class=([^;]*))" };
  return {
    stats_config: { stats_tags: [tag] },
    static_resources: {
      listeners: examples.map(listener),
      clusters: Object.entries(clusters).map(([name, port]) => cluster(name, port)),
    },
  };
}

function listener(example: Example): object {
  const filters = example.tcp === true ? [wasm("network", example), tcpProxy()] : [httpManager(example)];
  return { name: example.name, address: address(example.port), filter_chains: [{ filters }] };
}

function httpManager(example: Example): object {
  const routes = example.routes ?? [{ match: { prefix: "/" }, route: { cluster: "upstream" } }];
  return typed("http", "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: example.name,
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [wasm("http", example), typed("router", "extensions.filters.http.router.v3.Router", {})],
  });
}

function tcpProxy(): object {
  return typed("tcp", "extensions.filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: "tcp", cluster: "upstream" });
}

function wasm(layer: "http" | "network", { name, module, configuration = "" }: Example): object {
  const code = { local: { inline_bytes: Buffer.from(module).toString("base64") } };
  return typed(name, `extensions.filters.${layer}.wasm.v3.Wasm`, {
    config: {
      name,
      configuration: { "@type": STRING_VALUE, value: configuration },
      vm_config: { vm_id: name, runtime: "envoy.wasm.runtime.v8", code },
    },
  });
}

function typed(name: string, type: string, config: object): object {
  return { name, typed_config: { "@type": `${API}.${type}`, ...config } };
}

function cluster(name: string, port: number): object {
  const endpoint = { endpoint: { address: address(port) } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] },
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
