/** Envoy's JSON configuration for measuring: one listener a variant, each with its own filters on one route. */

/** One listener on loopback whose route answers 200 `ok` by itself. */
export interface BenchListener {
  readonly name: string;
  readonly port: number;
  readonly filters: readonly object[];
  /** typed_per_filter_config and metadata of the one route, as Envoy's JSON. */
  readonly route?: object;
  readonly routeConfiguration?: object;
}

const hcmType = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const routerType = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

/** The bootstrap with all listeners. `node`: the metadata of the node, which filters can read. */
export function benchConfig(listeners: readonly BenchListener[], node: object): object {
  return {
    node: { id: "bench", cluster: "bench", metadata: node },
    static_resources: { listeners: listeners.map(listener) },
  };
}

function listener({ name, port, filters, route = {}, routeConfiguration = {} }: BenchListener): object {
  const answer = { match: { prefix: "/" }, name, direct_response: { status: 200, body: { inline_string: "ok" } } };
  const manager = {
    "@type": hcmType,
    stat_prefix: name,
    http_filters: [...filters, { name: "envoy.filters.http.router", typed_config: { "@type": routerType } }],
    route_config: {
      name,
      ...routeConfiguration,
      virtual_hosts: [{ name, domains: ["*"], routes: [{ ...answer, ...route }] }],
    },
  };
  return {
    name,
    traffic_direction: "OUTBOUND",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

/** A module as an HTTP filter, read from a local file, with a VM of its own. */
export function wasmFilter(name: string, file: string, configuration: Uint8Array, rootId = ""): object {
  const bytes = { "@type": "type.googleapis.com/google.protobuf.BytesValue", value: base64(configuration) };
  return {
    name: `sluice.${name}`,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name: `sluice.${name}`,
        root_id: rootId,
        configuration: bytes,
        vm_config: { vm_id: `sluice.${name}`, runtime: "envoy.wasm.runtime.v8", code: { local: { filename: file } } },
      },
    },
  };
}

/** Bytes as Envoy's JSON has them. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
