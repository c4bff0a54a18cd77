import type { Diagnostic } from "../model/diagnostic.ts";
import type { ResourceKind } from "../snapshot/types.ts";

/** The JSON of GET /status. Times are ISO 8601. */
export interface StatusReport {
  readonly proxies: readonly ProxyStatus[];
  readonly objects: readonly ObjectStatus[];
  readonly diagnostics: readonly Diagnostic[];
  /** Envoys that are connected under an id that the mesh does not have; they get an empty configuration. */
  readonly unknown: readonly UnknownProxy[];
}

export interface ProxyStatus {
  readonly id: string;
  readonly kind: "sidecar" | "gateway";
  /** REJECTED wins over STALE: what Envoy refused will not become good by waiting. */
  readonly state: "SYNCED" | "STALE" | "REJECTED";
  readonly connected: boolean;
  /** Why it is STALE, such as `not connected`. */
  readonly reason?: string;
  readonly connectedSince?: string;
  readonly lastAck?: string;
  readonly envoyVersion?: string;
  /** How many resources it should have, and how many of them it has acknowledged as they are now. */
  readonly resources: { readonly total: number; readonly acked: number };
  readonly rejected: readonly RejectedResource[];
}

export interface RejectedResource {
  readonly type: ResourceKind;
  readonly resource: string;
  /** Envoy's own words. */
  readonly message: string;
  /** Proxies that refused it, if others than this one; of their Envoy version none is given it. */
  readonly rejectedBy?: readonly string[];
  /** The version that the proxy is given meanwhile, the last one that was accepted; absent if there was none. */
  readonly instead?: string;
  /** The user's objects that made the resource what it is. */
  readonly objects: readonly ObjectPlace[];
}

export interface ObjectPlace {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

export interface ObjectStatus extends ObjectPlace {
  /** kept: the file holds an error, the last good version is at work; refused: there never was a good one. */
  readonly state: "applied" | "kept" | "refused";
  /** Of the proxies with a resource that originates in the object: how many have acknowledged all, or rejected one. */
  readonly proxies: { readonly total: number; readonly acked: number; readonly rejected: number };
  /** What Envoys said about what was made from it; absent if nothing. */
  readonly rejections?: readonly ObjectRejection[];
}

/** The refusal of a resource, as it concerns an object. */
export interface ObjectRejection {
  /** The proxies that refused it. */
  readonly by: readonly string[];
  readonly type: ResourceKind;
  readonly resource: string;
  /** Envoy's own words. */
  readonly message: string;
}

export interface UnknownProxy {
  readonly id: string;
  readonly connectedSince: string;
  readonly envoyVersion: string;
}

/**
 * SYNCED: acknowledged as wanted. STALE: sent, not answered. ERROR: refused, `given` stands in for it. LEAVING: no longer
 * wanted, goes when nothing uses it any more.
 */
export type ResourceState = "SYNCED" | "STALE" | "NOT_SENT" | "NOT_REQUESTED" | "ERROR" | "LEAVING";

/** One resource of one proxy; versions are hashes of the content. */
export interface ResourceStatus {
  readonly type: ResourceKind;
  readonly name: string;
  readonly state: ResourceState;
  /** What the user's files make; absent for what is LEAVING. */
  readonly wanted?: string;
  /** What the proxy is given; absent if nothing. */
  readonly given?: string;
  /** What the Envoy acknowledged last. */
  readonly acked?: string;
  /** Envoy's words about what it refused. */
  readonly message?: string;
  readonly objects: readonly ObjectPlace[];
}
