import type { PropertyTree } from "../abi/property.ts";
import type { RootContext, SharedStream, StreamContext } from "./contexts.ts";
import type { HeaderMap } from "./header-map.ts";
import { grpcStatusOf } from "./local-reply.ts";

/**
 * The attributes that follow from a stream's headers (Envoy's "Attributes"); any other is the caller's to give. Those of the
 * request are read from its header map, so they are gone with it once the request went on, and back in the log phase.
 */
export function streamProperties(stream: StreamContext): PropertyTree {
  const { shared } = stream;
  const maps = stream.logging ? shared.all : stream.open;
  return {
    request: {
      time: shared.startNs,
      duration: shared.endNs === undefined ? undefined : shared.endNs - shared.startNs,
      protocol: "HTTP/1.1",
      size: shared.requestSize,
      total_size: shared.requestSize + (shared.all.requestHeaders?.byteSize ?? 0),
      ...(maps.requestHeaders === undefined ? NO_HEADERS : requestProperties(maps.requestHeaders)),
    },
    response: {
      code: statusCode(shared.all.responseHeaders),
      ...(shared.all.responseHeaders === undefined ? {} : responseProperties(shared, shared.all.responseHeaders)),
      ...(maps.responseHeaders === undefined ? NO_HEADERS : headerProperties(maps.responseHeaders)),
    },
    ...CONNECTION,
    upstream: shared.codeDetails === undefined && shared.all.responseHeaders !== undefined ? UPSTREAM : {},
    metadata: NO_BYTES,
  };
}

const NO_HEADERS: PropertyTree = { headers: {} };
const NO_BYTES = new Uint8Array(0);

/** A connection without TLS between two loopback addresses, until the test says otherwise. */
const CONNECTION: PropertyTree = {
  source: { address: "127.0.0.1:40000", port: 40_000 },
  destination: { address: "127.0.0.1:10000", port: 10_000 },
  connection: { id: 1, mtls: false, requested_server_name: "" },
  connection_id: 1,
};
const UPSTREAM: PropertyTree = { address: "127.0.0.1:8080", port: 8080, request_attempt_count: 1 };

/** A filter's own reply tells its own details; an upstream's is told as such. */
function responseProperties(shared: SharedStream, headers: HeaderMap): PropertyTree {
  const status = Number(headers.text("grpc-status") ?? grpcStatusOf(Number(headers.text(":status"))));
  return {
    code_details: shared.codeDetails ?? "via_upstream",
    flags: 0,
    grpc_status: status,
    size: shared.responseSize,
    total_size: shared.responseSize + headers.byteSize,
    trailers: shared.all.responseTrailers === undefined ? {} : headerTree(shared.all.responseTrailers),
  };
}

/** What Envoy tells a module about itself. */
export function pluginProperties(root: RootContext, vmId: string): PropertyTree {
  return { plugin_name: root.name, plugin_root_id: root.rootId, plugin_vm_id: vmId };
}

function requestProperties(headers: HeaderMap): PropertyTree {
  const path = headers.text(":path");
  const query = path === undefined ? -1 : path.indexOf("?");
  return {
    path,
    url_path: query < 0 ? path : path?.slice(0, query),
    query: query < 0 ? undefined : path?.slice(query + 1),
    method: headers.text(":method"),
    host: headers.text(":authority"),
    scheme: headers.text(":scheme"),
    referer: headers.text("referer"),
    useragent: headers.text("user-agent"),
    id: headers.text("x-request-id"),
    ...headerProperties(headers),
  };
}

/** Known as soon as there are response headers, and from then on. */
function statusCode(headers: HeaderMap | undefined): number | undefined {
  const status = Number(headers?.text(":status"));
  return Number.isInteger(status) ? status : undefined;
}

function headerProperties(headers: HeaderMap): PropertyTree {
  return { headers: headerTree(headers), headers_bytes: headers.byteSize };
}

/** Of a header that is there several times, the values joined by commas. */
function headerTree(headers: HeaderMap): PropertyTree {
  const tree: Record<string, string> = {};
  for (const [name, value] of headers.toArray()) {
    const held = tree[name];
    tree[name] = held === undefined ? value : `${held},${value}`;
  }
  return tree;
}
