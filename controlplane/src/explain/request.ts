/** A request as a proxy sees it when it chooses a route. */
export interface RoutedRequest {
  readonly method: string;
  readonly scheme: string;
  /** As sent: with the port, if the client sends one. */
  readonly authority: string;
  /** Normalised path, without query and fragment. */
  readonly path: string;
  /** Without the question mark; "" where there is none. */
  readonly query: string;
  /** By lower-case name; one that is sent several times has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

type Normalization = "NONE" | "BASE" | "MERGE_SLASHES" | "DECODE_AND_MERGE_SLASHES";

/**
 * Makes a request of what a client sends. `target` is the request line's path with its query. Envoy:
 * source/common/http/path_utility.cc.
 */
export function routedRequest(
  {
    method,
    scheme,
    authority,
    target,
    headers,
  }: {
    readonly method: string;
    readonly scheme: string;
    readonly authority: string;
    readonly target: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
  },
  normalization: Normalization,
): RoutedRequest {
  const [withoutFragment = ""] = target.split("#", 1);
  const at = withoutFragment.indexOf("?");
  const path = at < 0 ? withoutFragment : withoutFragment.slice(0, at);
  const query = at < 0 ? "" : withoutFragment.slice(at + 1);
  return { method, scheme, authority, path: normalizePath(path, normalization), query, headers: byName(headers) };
}

function byName(headers: readonly (readonly [name: string, value: string])[]): Map<string, readonly string[]> {
  const groups = Map.groupBy(headers, ([name]) => name.toLowerCase());
  return new Map([...groups].map(([name, values]) => [name, values.map(([, value]) => value)]));
}

/** What the connection manager makes of a path before a route is chosen. Istio: MeshConfig.pathNormalization. */
export function normalizePath(path: string, normalization: Normalization): string {
  if (normalization === "NONE") return path;
  const slashes =
    normalization === "DECODE_AND_MERGE_SLASHES" ? path.replace(/%2f/gi, "/").replace(/%5c/gi, "\\") : path;
  const plain = withoutDots(decodeUnreserved(slashes.replaceAll("\\", "/")));
  return normalization === "BASE" ? plain : plain.replace(/\/{2,}/g, "/");
}

/** RFC 3986, section 6.2.2.2: these characters mean the same with and without encoding. */
function decodeUnreserved(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : code;
  });
}

/** RFC 3986, section 5.2.4. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
    if (isLast && (segment === "." || segment === "..")) kept.push("");
  }
  return `/${kept.join("/")}`;
}
