import type { PropertyTree } from "../abi/property.ts";
import type { RootContext, StreamContext } from "./contexts.ts";
import type { HeaderMap } from "./header-map.ts";

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
      ...(maps.requestHeaders === undefined ? NO_HEADERS : requestProperties(maps.requestHeaders)),
    },
    response: {
      code: statusCode(shared.all.responseHeaders),
      ...(maps.responseHeaders === undefined ? NO_HEADERS : headerProperties(maps.responseHeaders)),
    },
  };
}

const NO_HEADERS: PropertyTree = { headers: {} };

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
