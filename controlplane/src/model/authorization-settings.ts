import type { ValueMatch } from "./types.ts";

/** Istio: MeshConfig.extensionProviders of the kinds envoyExtAuthzHttp and envoyExtAuthzGrpc: who decides about CUSTOM. */
export interface AuthorizationProvider {
  readonly name: string;
  /** A host that a ServiceEntry declares, and one of its ports. */
  readonly service: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Whether requests pass while the provider cannot be asked. */
  readonly failOpen: boolean;
  /** The answer while it cannot be asked, where that is not 403. */
  readonly statusOnError?: number;
  readonly clearRouteCache: boolean;
  readonly body?: { readonly maxBytes: number; readonly allowPartial: boolean; readonly packAsBytes: boolean };
  /** Absent: it speaks gRPC (envoy.service.auth.v3.Authorization). */
  readonly http?: HttpProvider;
}

/** Names of headers: `*` at one end stands for anything, without regard to case. */
export interface HttpProvider {
  /** Stands before the path of the request that is asked about. */
  readonly pathPrefix: string;
  /** Headers of the request that it is told, beyond what Envoy always tells. */
  readonly includeHeaders: readonly ValueMatch[];
  readonly addHeaders: Readonly<Record<string, string>>;
  /** Headers of its answer that the program gets. */
  readonly upstreamOnAllow: readonly ValueMatch[];
  /** Headers of its answer that the client gets; none: all of a denial, and none of a permission. */
  readonly downstreamOnDeny: readonly ValueMatch[];
  readonly downstreamOnAllow: readonly ValueMatch[];
}

/** What the whole mesh says about authorization. */
export interface AuthorizationSettings {
  readonly trustDomain: string;
  readonly trustDomainAliases: readonly string[];
  /** By unique names, sorted. */
  readonly providers: readonly AuthorizationProvider[];
  /** Who is told a decision's reason, by which request header; absent: nobody. Principals as in `source.principals`. */
  readonly explain?: { readonly header: string; readonly principals: readonly ValueMatch[] };
}

/** What holds where the mesh says nothing. */
export const DEFAULT_AUTHORIZATION: AuthorizationSettings = {
  trustDomain: "cluster.local",
  trustDomainAliases: [],
  providers: [],
};
