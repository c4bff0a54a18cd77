/** What an AuthorizationPolicy may look at, as Envoy knows it. A connection that is not HTTP has no method, path, host. */
export interface AuthorizationRequest {
  readonly method?: string;
  /** Without query and fragment, as normalised by the connection manager. */
  readonly path?: string;
  /** `:authority` as sent. */
  readonly host?: string;
  /** By lower-case name; several values of a header are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** The port on which the program (or the gateway) listens. */
  readonly port: number;
  /** The peer's own address, and the one that forwarding headers tell; IPv4 or IPv6 text. */
  readonly sourceIp: string;
  readonly remoteIp: string;
  readonly destinationIp: string;
  readonly sni?: string;
  /** The URI in the peer's certificate, `spiffe://…`; absent for a peer without one. */
  readonly peer?: string;
  /** The payload of the request's token, once it has been checked. */
  readonly claims?: Json;
  /** Dynamic metadata by filter of Envoy. */
  readonly metadata?: { readonly [filter: string]: Json };
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** The texts at a path in JSON: of a string itself, of a list its strings; numbers and the like are no texts. */
export function textsAt(json: Json | undefined, path: readonly string[]): readonly string[] {
  let at = json;
  for (const name of path) {
    if (!isObject(at) || !Object.hasOwn(at, name)) return [];
    at = at[name];
  }
  if (typeof at === "string") return [at];
  return Array.isArray(at) ? at.filter((item): item is string => typeof item === "string") : [];
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
