/** Where Envoy sends what the filter has let through, or what a filter's call-outs name. */
export interface Upstream {
  /** The cluster's name in Envoy. */
  readonly cluster: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** Reads `http://host:port`, `https://host` or `tcp://host:port`; a string says what is wrong. */
export function parseUpstream(text: string, cluster = "upstream"): Upstream | string {
  const allowed = "allowed are http://HOST[:PORT], https://HOST[:PORT] and tcp://HOST:PORT";
  if (!URL.canParse(text)) return `${text} is not a URL: ${allowed}`;
  const { protocol, hostname, port, pathname, search } = new URL(text);
  if (!["http:", "https:", "tcp:"].includes(protocol)) return `${text} begins with ${protocol}//: ${allowed}`;
  if ((pathname !== "/" && pathname !== "") || search !== "") {
    return `${text} has a path: the filter's requests bring their own, so leave ${pathname}${search} out`;
  }
  const number = port === "" ? DEFAULT_PORTS[protocol] : Number(port);
  if (number === undefined) return `${text} has no port: ${allowed}`;
  return { cluster, host: hostname.replace(/^\[(.*)\]$/, "$1"), port: number, tls: protocol === "https:" };
}

/** Reads `NAME=URL`: a cluster for the filter's call-outs. */
export function parseCluster(text: string): Upstream | string {
  const [, name, url] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || url === undefined) {
    return `${text} is not NAME=URL, for example auth=http://127.0.0.1:9000`;
  }
  return parseUpstream(url, name);
}

/** The Envoy cluster (envoy.config.cluster.v3.Cluster as JSON). */
export function clusterOf({ cluster, host, port, tls }: Upstream): object {
  const sni = {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    sni: host,
  };
  const address = { socket_address: { address: host, port_value: port } };
  return {
    name: cluster,
    type: "STRICT_DNS",
    connect_timeout: "2s",
    load_assignment: { cluster_name: cluster, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...(tls ? { transport_socket: { name: "envoy.transport_sockets.tls", typed_config: sni } } : {}),
  };
}
