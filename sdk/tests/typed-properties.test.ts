import { beforeAll, expect, it, vi } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

/** What an accessor decodes. An entry's path ends in the name asked for, metadata's in the filter's name and the key. */
type Kind = "bytes" | "i64" | "time" | "duration" | "bool" | "map" | "entry" | "meta";

/** Each accessor with the attribute that it is for: the host's names, not the SDK's. */
const PROPERTIES: readonly (readonly [accessor: string, attribute: string, kind: Kind])[] = [
  ["RequestProperties.path", "request.path", "bytes"],
  ["RequestProperties.urlPath", "request.url_path", "bytes"],
  ["RequestProperties.query", "request.query", "bytes"],
  ["RequestProperties.host", "request.host", "bytes"],
  ["RequestProperties.scheme", "request.scheme", "bytes"],
  ["RequestProperties.method", "request.method", "bytes"],
  ["RequestProperties.headers", "request.headers", "map"],
  ["RequestProperties.header", "request.headers", "entry"],
  ["RequestProperties.headersBytes", "request.headers_bytes", "i64"],
  ["RequestProperties.referer", "request.referer", "bytes"],
  ["RequestProperties.userAgent", "request.useragent", "bytes"],
  ["RequestProperties.time", "request.time", "time"],
  ["RequestProperties.id", "request.id", "bytes"],
  ["RequestProperties.protocol", "request.protocol", "bytes"],
  ["RequestProperties.duration", "request.duration", "duration"],
  ["RequestProperties.size", "request.size", "i64"],
  ["RequestProperties.totalSize", "request.total_size", "i64"],
  ["ResponseProperties.code", "response.code", "i64"],
  ["ResponseProperties.codeDetails", "response.code_details", "bytes"],
  ["ResponseProperties.flags", "response.flags", "i64"],
  ["ResponseProperties.grpcStatus", "response.grpc_status", "i64"],
  ["ResponseProperties.headers", "response.headers", "map"],
  ["ResponseProperties.header", "response.headers", "entry"],
  ["ResponseProperties.headersBytes", "response.headers_bytes", "i64"],
  ["ResponseProperties.trailers", "response.trailers", "map"],
  ["ResponseProperties.trailer", "response.trailers", "entry"],
  ["ResponseProperties.size", "response.size", "i64"],
  ["ResponseProperties.totalSize", "response.total_size", "i64"],
  ["ResponseProperties.backendLatency", "response.backend_latency", "duration"],
  ["SourceProperties.address", "source.address", "bytes"],
  ["SourceProperties.port", "source.port", "i64"],
  ["DestinationProperties.address", "destination.address", "bytes"],
  ["DestinationProperties.port", "destination.port", "i64"],
  ["ConnectionProperties.id", "connection.id", "i64"],
  ["ConnectionProperties.mtls", "connection.mtls", "bool"],
  ["ConnectionProperties.requestedServerName", "connection.requested_server_name", "bytes"],
  ["ConnectionProperties.tlsVersion", "connection.tls_version", "bytes"],
  ["ConnectionProperties.subjectLocalCertificate", "connection.subject_local_certificate", "bytes"],
  ["ConnectionProperties.subjectPeerCertificate", "connection.subject_peer_certificate", "bytes"],
  ["ConnectionProperties.dnsSanLocalCertificate", "connection.dns_san_local_certificate", "bytes"],
  ["ConnectionProperties.dnsSanPeerCertificate", "connection.dns_san_peer_certificate", "bytes"],
  ["ConnectionProperties.uriSanLocalCertificate", "connection.uri_san_local_certificate", "bytes"],
  ["ConnectionProperties.uriSanPeerCertificate", "connection.uri_san_peer_certificate", "bytes"],
  ["ConnectionProperties.sha256PeerCertificateDigest", "connection.sha256_peer_certificate_digest", "bytes"],
  ["ConnectionProperties.peerCertificate", "connection.peer_certificate", "bytes"],
  ["ConnectionProperties.transportFailureReason", "connection.transport_failure_reason", "bytes"],
  ["ConnectionProperties.terminationDetails", "connection.termination_details", "bytes"],
  ["UpstreamProperties.address", "upstream.address", "bytes"],
  ["UpstreamProperties.port", "upstream.port", "i64"],
  ["UpstreamProperties.localAddress", "upstream.local_address", "bytes"],
  ["UpstreamProperties.numEndpoints", "upstream.num_endpoints", "i64"],
  ["UpstreamProperties.requestAttemptCount", "upstream.request_attempt_count", "i64"],
  ["UpstreamProperties.cxPoolReadyDuration", "upstream.cx_pool_ready_duration", "duration"],
  ["UpstreamProperties.region", "upstream.locality.region", "bytes"],
  ["UpstreamProperties.zone", "upstream.locality.zone", "bytes"],
  ["UpstreamProperties.subZone", "upstream.locality.sub_zone", "bytes"],
  ["UpstreamProperties.locality", "upstream.locality", "bytes"],
  ["UpstreamProperties.tlsVersion", "upstream.tls_version", "bytes"],
  ["UpstreamProperties.subjectLocalCertificate", "upstream.subject_local_certificate", "bytes"],
  ["UpstreamProperties.subjectPeerCertificate", "upstream.subject_peer_certificate", "bytes"],
  ["UpstreamProperties.dnsSanLocalCertificate", "upstream.dns_san_local_certificate", "bytes"],
  ["UpstreamProperties.dnsSanPeerCertificate", "upstream.dns_san_peer_certificate", "bytes"],
  ["UpstreamProperties.uriSanLocalCertificate", "upstream.uri_san_local_certificate", "bytes"],
  ["UpstreamProperties.uriSanPeerCertificate", "upstream.uri_san_peer_certificate", "bytes"],
  ["UpstreamProperties.sha256PeerCertificateDigest", "upstream.sha256_peer_certificate_digest", "bytes"],
  ["UpstreamProperties.peerCertificate", "upstream.peer_certificate", "bytes"],
  ["UpstreamProperties.transportFailureReason", "upstream.transport_failure_reason", "bytes"],
  ["XdsProperties.node", "xds.node", "bytes"],
  ["XdsProperties.clusterName", "xds.cluster_name", "bytes"],
  ["XdsProperties.clusterMetadata", "xds.cluster_metadata", "meta"],
  ["XdsProperties.routeName", "xds.route_name", "bytes"],
  ["XdsProperties.routeMetadata", "xds.route_metadata", "meta"],
  ["XdsProperties.virtualHostName", "xds.virtual_host_name", "bytes"],
  ["XdsProperties.virtualHostMetadata", "xds.virtual_host_metadata", "meta"],
  ["XdsProperties.upstreamHostMetadata", "xds.upstream_host_metadata", "meta"],
  ["XdsProperties.upstreamHostLocalityMetadata", "xds.upstream_host_locality_metadata", "meta"],
  ["XdsProperties.listenerDirection", "xds.listener_direction", "i64"],
  ["XdsProperties.listenerMetadata", "xds.listener_metadata", "meta"],
  ["XdsProperties.filterChainName", "xds.filter_chain_name", "bytes"],
  ["NodeProperties.id", "xds.node.id", "bytes"],
  ["NodeProperties.cluster", "xds.node.cluster", "bytes"],
  ["NodeProperties.metadata", "xds.node.metadata", "entry"],
  ["NodeProperties.region", "xds.node.locality.region", "bytes"],
  ["NodeProperties.zone", "xds.node.locality.zone", "bytes"],
  ["NodeProperties.subZone", "xds.node.locality.sub_zone", "bytes"],
  ["StreamState.metadata", "metadata", "meta"],
  ["StreamState.filterState", "filter_state", "entry"],
  ["StreamState.upstreamFilterState", "upstream_filter_state", "entry"],
  ["PluginProperties.name", "plugin_name", "bytes"],
  ["PluginProperties.rootId", "plugin_root_id", "bytes"],
  ["PluginProperties.vmId", "plugin_vm_id", "bytes"],
  ["LegacyProperties.nodeId", "node.id", "bytes"],
  ["LegacyProperties.nodeCluster", "node.cluster", "bytes"],
  ["LegacyProperties.nodeMetadata", "node.metadata", "entry"],
  ["LegacyProperties.clusterName", "cluster_name", "bytes"],
  ["LegacyProperties.clusterMetadata", "cluster_metadata", "meta"],
  ["LegacyProperties.routeName", "route_name", "bytes"],
  ["LegacyProperties.routeMetadata", "route_metadata", "meta"],
  ["LegacyProperties.listenerDirection", "listener_direction", "i64"],
  ["LegacyProperties.listenerMetadata", "listener_metadata", "meta"],
  ["LegacyProperties.upstreamHostMetadata", "upstream_host_metadata", "meta"],
  ["LegacyProperties.connectionId", "connection_id", "i64"],
];

const VALUES: Readonly<Record<Kind, readonly [value: Buffer, logged: string, missing: string]>> = {
  bytes: [Buffer.from("text"), "text", "null"],
  entry: [Buffer.from("entry"), "entry", "null"],
  meta: [Buffer.from("meta"), "meta", "null"],
  i64: [eight(1234n), "1234", "-1"],
  time: [eight(1_700_000_000_000_000_001n), "1700000000000000001", "-1"],
  duration: [eight(5_000_000_000n), "5000000000", "-1"],
  bool: [Buffer.of(1), "true", "false"],
  map: [
    pairs([
      ["a", Buffer.from("1")],
      ["b", Buffer.from("")],
    ]),
    "a:1;b:;",
    "null",
  ],
};

function eight(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function pairs(entries: readonly (readonly [string | Buffer, Buffer])[]): Buffer {
  const head = Buffer.alloc(4 + entries.length * 8);
  head.writeUInt32LE(entries.length, 0);
  for (const [index, [key, value]] of entries.entries()) {
    head.writeUInt32LE(key.length, 4 + index * 8);
    head.writeUInt32LE(value.length, 8 + index * 8);
  }
  const nul = Buffer.of(0);
  return Buffer.concat([head, ...entries.flatMap(([key, value]) => [Buffer.from(key), nul, value, nul])]);
}

function pathOf(attribute: string, kind: Kind): string {
  const segments = attribute.split(".");
  if (kind === "entry") segments.push("one");
  if (kind === "meta") segments.push("filter_metadata", "filter", "one");
  return segments.join("\0");
}

let host: Harness;

/** One request of the fixture; answers what was logged, by accessor, and the paths that the host was asked for. */
function ask(): { values: ReadonlyMap<string, string>; paths: readonly string[] } {
  const asked = vi.spyOn(host.properties, "get");
  host.logs.length = 0;
  request(host, 2, 1, []);
  const paths = asked.mock.calls.map(([path]) => path);
  asked.mockRestore();
  const lines = host.logs.map((line) => /^2 ([^=]*)=(.*)$/.exec(line) ?? []);
  return { values: new Map(lines.map(([, name = "", value = ""]) => [name, value])), paths };
}

beforeAll(async () => {
  host = load(await fixtureBytes("properties"));
  startPlugin(host, 1, "");
}, 120_000);

it("asks the host once for each property, by its path", () => {
  const { paths } = ask();
  const expected = PROPERTIES.map(([, attribute, kind]) => pathOf(attribute, kind));
  expect(paths.filter((path) => expected.includes(path))).toEqual(expected);
});

it("answers null, or the value for a missing one", () => {
  const { values } = ask();
  const expected = PROPERTIES.map(([accessor, , kind]) => [accessor, VALUES[kind][2]]);
  expect([...values]).toEqual(expected);
});

it("decodes each property", () => {
  for (const [, attribute, kind] of PROPERTIES) host.properties.set(pathOf(attribute, kind), VALUES[kind][0]);
  const { values } = ask();
  expect([...values]).toEqual(PROPERTIES.map(([accessor, , kind]) => [accessor, VALUES[kind][1]]));
});

it("decodes lists and doubles, and takes no value of another size for a number", () => {
  const nothing = Buffer.alloc(0);
  host.properties.set(
    "list",
    pairs([
      [eight(7n), nothing],
      [eight(8n), nothing],
    ]),
  );
  host.properties.set("double", Buffer.from(new Float64Array([0.25]).buffer));
  host.properties.set("short", Buffer.from("abc"));
  const { values } = ask();
  expect(["list", "double", "short"].map((name) => values.get(name))).toEqual(["2:7;8;", "0.25", "7.0,8,true"]);
  host.properties.set("list", Buffer.from("\u00ff\u00ff\u00ff\u00ff broken"));
  expect(ask().values.get("list")).toBe("0:");
});
