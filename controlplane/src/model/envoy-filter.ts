import type { Message } from "@bufbuild/protobuf";
import type { ApplyTo } from "../envoy-types/apply-to.ts";
import type { Labels, MeshObject, Position } from "./types.ts";

export type { ApplyTo } from "../envoy-types/apply-to.ts";

export const patchContexts = ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY"] as const;
export type PatchContext = (typeof patchContexts)[number];

export const patchOperations = [
  "MERGE",
  "ADD",
  "REMOVE",
  "INSERT_BEFORE",
  "INSERT_AFTER",
  "INSERT_FIRST",
  "REPLACE",
  "MERGE_AND_REPLACE_LIST",
] as const;
export type PatchOperation = (typeof patchOperations)[number];

/** What a patch looks for, from the outside to the inside. */
export type MatchPart =
  | "proxy"
  | "listener"
  | "listenerFilter"
  | "filterChain"
  | "filter"
  | "subFilter"
  | "routeConfiguration"
  | "vhost"
  | "route"
  | "cluster";

/** Istio: ListenerMatch. Absent fields match all. */
export interface ListenerMatch {
  readonly portNumber?: number;
  readonly name?: string;
  readonly listenerFilter?: string;
  readonly filterChain?: {
    readonly name?: string;
    readonly sni?: string;
    readonly transportProtocol?: string;
    readonly applicationProtocols?: readonly string[];
    readonly destinationPort?: number;
    readonly filter?: { readonly name: string; readonly subFilter?: { readonly name: string } };
  };
}

/** Istio: RouteConfigurationMatch; `portName` and `gateway` ("namespace/name") are of gateways only. */
export interface RouteConfigurationMatch {
  readonly portNumber?: number;
  readonly portName?: string;
  readonly gateway?: string;
  readonly name?: string;
  readonly vhost?: {
    readonly name?: string;
    readonly domainName?: string;
    readonly route?: { readonly name?: string; readonly action: "ANY" | "ROUTE" | "REDIRECT" | "DIRECT_RESPONSE" };
  };
}

/** Istio: ClusterMatch. A name says it all; the other fields count only without one. */
export interface ClusterMatch {
  readonly portNumber?: number;
  readonly service?: string;
  readonly subset?: string;
  readonly name?: string;
}

export interface ConfigPatch {
  readonly applyTo: ApplyTo;
  readonly context: PatchContext;
  /** `version`: a regular expression (RE2) that is searched for. */
  readonly proxy?: { readonly version?: string; readonly metadata: Labels };
  readonly listener?: ListenerMatch;
  readonly routeConfiguration?: RouteConfigurationMatch;
  readonly cluster?: ClusterMatch;
  readonly operation: PatchOperation;
  /** HTTP_FILTER and ADD only: which of the control plane's filters it comes after. */
  readonly filterClass?: "AUTHN" | "AUTHZ" | "STATS";
  /** A message of the type that `applyTo` names; absent only where something is removed. */
  readonly value?: Message;
  /** Where the patch stands, and the parts of its match. */
  readonly position: Position;
  readonly places: Readonly<Record<MatchPart, Position>>;
}

/** Istio: EnvoyFilter. */
export interface EnvoyFilter extends MeshObject {
  /** Empty: every workload in the scope of its namespace (all namespaces, for the root namespace). */
  readonly selector: Labels;
  /** Lower ones are applied first. */
  readonly priority: number;
  readonly patches: readonly ConfigPatch[];
}
