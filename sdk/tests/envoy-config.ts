/** Envoy's JSON configuration for a run of the SDK's examples and of every property. All ports are chosen by Envoy. */

const API = "type.googleapis.com/envoy";
const STRING_VALUE = "type.googleapis.com/google.protobuf.StringValue";
const BYTES_VALUE = "type.googleapis.com/google.protobuf.BytesValue";
const METADATA = { filter_metadata: { filter: { one: "meta" } } };

/** A module in front of the upstream, in a listener of its name. */
export interface Loaded {
  /** The listener's name, the plugin's, and the root id. */
  readonly name: string;
  readonly module: Uint8Array;
  readonly vmId: string;
  readonly configuration?: Uint8Array;
  readonly tcp?: boolean;
}

/** One certificate, of every party: PEM. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

export interface Ports {
  readonly plain: number;
  readonly tls: number;
  readonly auth: number;
  readonly rpc: number;
}

export function sdkConfig(examples: readonly Loaded[], properties: Loaded, ports: Ports, identity: Identity): object {
  return {
    node: {
      id: "edge",
      cluster: "edges",
      metadata: { one: "entry" },
      locality: { region: "r1", zone: "z1", sub_zone: "s1" },
    },
    static_resources: {
      listeners: [...examples.map(exampleListener), propertiesListener(properties, identity)],
      clusters: [
        cluster("plain", ports.plain, {}),
        cluster("auth", ports.auth, protocol({ http_protocol_options: { enable_trailers: true } })),
        cluster("rpc", ports.rpc, protocol({ http2_protocol_options: {} })),
        propertiesCluster(ports.tls, identity),
      ],
    },
  };
}

function exampleListener(loaded: Loaded): object {
  const proxy = typed("tcp", "extensions.filters.network.tcp_proxy.v3.TcpProxy", {
    stat_prefix: "tcp",
    cluster: "plain",
  });
  const filters =
    loaded.tcp === true
      ? [wasm("network", loaded), proxy]
      : [manager(loaded, { domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "plain" } }] }, [])];
  return { name: loaded.name, address: address(0), filter_chains: [{ filters }] };
}

/** TLS on both sides, and metadata wherever there may be some. */
function propertiesListener(loaded: Loaded, identity: Identity): object {
  const route = { name: "route", match: { prefix: "/" }, route: { cluster: "secure" }, metadata: METADATA };
  const host = { domains: ["*"], routes: [route], metadata: METADATA };
  const tls = typed("tls", "extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    require_client_certificate: true,
    common_tls_context: tlsContext(identity),
  });
  const state = typed("state", "extensions.filters.http.set_filter_state.v3.Config", {
    on_request_headers: [
      {
        object_key: "one",
        factory_key: "envoy.string",
        format_string: { text_format_source: { inline_string: "entry" } },
        shared_with_upstream: "ONCE",
      },
    ],
  });
  const metadata = typed("metadata", "extensions.filters.http.set_metadata.v3.Config", {
    metadata: [{ metadata_namespace: "filter", value: { one: "meta" } }],
  });
  return {
    name: loaded.name,
    address: address(0),
    traffic_direction: "INBOUND",
    metadata: METADATA,
    listener_filters: [typed("tls_inspector", "extensions.filters.listener.tls_inspector.v3.TlsInspector", {})],
    filter_chains: [{ name: "chain", transport_socket: tls, filters: [manager(loaded, host, [state, metadata])] }],
  };
}

function propertiesCluster(port: number, identity: Identity): object {
  const tls = typed("tls", "extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
    sni: "upstream.example",
    common_tls_context: tlsContext(identity),
  });
  const endpoint = { endpoint: { address: address(port) }, metadata: METADATA };
  const locality = { region: "r2", zone: "z2", sub_zone: "s2" };
  return {
    ...cluster("secure", port, protocol({ http_protocol_options: { enable_trailers: true } })),
    metadata: METADATA,
    transport_socket: tls,
    load_assignment: {
      cluster_name: "secure",
      endpoints: [{ locality, metadata: METADATA, lb_endpoints: [endpoint] }],
    },
  };
}

function tlsContext({ key, certificate }: Identity): object {
  return {
    tls_certificates: [{ private_key: { inline_string: key }, certificate_chain: { inline_string: certificate } }],
    validation_context: { trusted_ca: { inline_string: certificate } },
  };
}

function manager(loaded: Loaded, virtualHost: object, before: readonly object[]): object {
  return typed("http", "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: loaded.name,
    http_protocol_options: { enable_trailers: true },
    route_config: { virtual_hosts: [{ name: "all", ...virtualHost }] },
    http_filters: [...before, wasm("http", loaded), typed("router", "extensions.filters.http.router.v3.Router", {})],
  });
}

function wasm(layer: "http" | "network", { name, module, vmId, configuration }: Loaded): object {
  const code = { local: { inline_bytes: Buffer.from(module).toString("base64") } };
  const value = Buffer.from(configuration ?? []).toString("base64");
  return typed(name, `extensions.filters.${layer}.wasm.v3.Wasm`, {
    config: {
      name,
      root_id: name,
      configuration: { "@type": BYTES_VALUE, value },
      vm_config: {
        vm_id: vmId,
        runtime: "envoy.wasm.runtime.v8",
        code,
        configuration: { "@type": STRING_VALUE, value: "" },
        environment_variables: { key_values: { COLOR: "blue" } },
      },
    },
  });
}

function typed(name: string, type: string, config: object): object {
  return { name, typed_config: { "@type": `${API}.${type}`, ...config } };
}

function protocol(options: object): object {
  const type = "extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    typed_extension_protocol_options: {
      [`envoy.${type}`]: { "@type": `${API}.${type}`, explicit_http_config: options },
    },
  };
}

function cluster(name: string, port: number, more: object): object {
  const endpoint = { endpoint: { address: address(port) } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] },
    ...more,
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
