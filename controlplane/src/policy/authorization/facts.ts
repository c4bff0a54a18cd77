/** What a term may look at. The numbers are the program's: docs/policy-program.md, "Facts". */
export const FactKind = {
  method: 0,
  path: 1,
  host: 2,
  port: 3,
  header: 4,
  sourceIp: 5,
  remoteIp: 6,
  destinationIp: 7,
  sni: 8,
  principal: 9,
  namespace: 10,
  serviceAccount: 11,
  trustDomain: 12,
  requestPrincipal: 13,
  metadata: 14,
} as const;
export type FactKind = (typeof FactKind)[keyof typeof FactKind];

export interface Fact {
  readonly kind: FactKind;
  /** Of a header its name, of metadata the path below `filter_metadata`, joined by NUL; else empty. */
  readonly name: string;
}

/** The filter whose metadata has the payload of the request's token. */
const JWT_FILTER = "envoy.filters.http.jwt_authn";

/** What the token's payload says at a path of names. */
export function claim(path: readonly string[]): Fact {
  return metadata(JWT_FILTER, ["payload", ...path]);
}

export function metadata(filter: string, path: readonly string[]): Fact {
  return { kind: FactKind.metadata, name: [filter, ...path].join("\0") };
}

const HTTP_KINDS: readonly FactKind[] = [
  FactKind.method,
  FactKind.path,
  FactKind.host,
  FactKind.header,
  FactKind.requestPrincipal,
];

/** Whether only an HTTP request has the fact. */
export function isHttpOnly({ kind, name }: Fact): boolean {
  return HTTP_KINDS.includes(kind) || (kind === FactKind.metadata && name.startsWith(`${JWT_FILTER}\0`));
}

/**
 * How dear it is to ask Envoy for a fact: what is known of the connection by several policies is asked for once, and
 * a header or a piece of metadata for nobody else.
 */
export function readCost({ kind }: Fact): number {
  if (kind === FactKind.port) return 0;
  if (kind === FactKind.header) return 2;
  return kind === FactKind.metadata || kind === FactKind.requestPrincipal ? 3 : 1;
}
