import type { Labels, MeshObject } from "./types.ts";

/** Istio: JWTRule. How tokens of one issuer are found, checked and handed on. */
export interface TokenRule {
  readonly issuer: string;
  /** A token must be for one of them; empty: for anyone. */
  readonly audiences: readonly string[];
  /** The issuer's public keys: themselves (a JSON Web Key Set), or where Envoy fetches them. */
  readonly keys: { readonly jwks: string } | { readonly uri: string };
  /** Where a token may stand. With all three empty: `Authorization: Bearer TOKEN` and the query's `access_token`. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  /** Whether the program gets the token, too. */
  readonly forwardOriginalToken: boolean;
  /** Header that gets the payload, base64url. */
  readonly outputPayloadToHeader?: string;
  /** Nested claims by dots. */
  readonly outputClaimToHeaders: readonly { readonly header: string; readonly claim: string }[];
  /** For fetching the keys. */
  readonly timeoutMs: number;
  /** Claims whose text is a list of words; `scope` and `permission` always are. */
  readonly spaceDelimitedClaims: readonly string[];
}

export interface RequestAuthentication extends MeshObject {
  /** Empty: every workload in the scope of its namespace (all namespaces, for the root namespace). */
  readonly selector: Labels;
  readonly rules: readonly TokenRule[];
}
