import type { Labels, MeshObject, StringMatch } from "./types.ts";

/** How long a delay is, in milliseconds. */
export type DelayDistribution =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  /** What is below zero counts as zero. */
  | { readonly kind: "normal"; readonly meanMs: number; readonly deviationMs: number }
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly p99Ms: number }
  | { readonly kind: "exponential"; readonly meanMs: number }
  /** Ascending in both; from the first percentile on straight lines lead from one to the next. */
  | { readonly kind: "percentiles"; readonly points: readonly { readonly percent: number; readonly ms: number }[] };

/** How a request ends. */
export type FaultStatus =
  | { readonly httpStatus: number }
  | { readonly grpcStatus: number }
  /** Without an answer: HTTP/2 gets RST_STREAM, HTTP/1 a closed connection. */
  | { readonly reset: true }
  /** In the response phase only: what the upstream answered stays the status, and the body is another. */
  | { readonly keep: true };

export interface FaultInjectionDelay {
  readonly perMillion: number;
  readonly distribution: DelayDistribution;
}

export interface FaultInjectionAbort {
  readonly perMillion: number;
  /** At least one; weights are relative. */
  readonly statuses: readonly { readonly weight: number; readonly status: FaultStatus }[];
  readonly body?: string;
  readonly contentType?: string;
}

/** How often responses are slowed down, and to how much. Envoy's own fault filter does it. */
export interface FaultInjectionDrip {
  readonly perMillion: number;
  readonly kibPerSecond: number;
}

/** How often responses end early, and after how many bytes of their body. */
export interface FaultInjectionTruncation {
  readonly perMillion: number;
  readonly bytes: number;
}

/** All of it must hold. */
export interface FaultMatch {
  readonly method?: StringMatch;
  /** Of the path without its query. */
  readonly uri?: StringMatch;
  readonly headers: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders: Readonly<Record<string, StringMatch>>;
}

/** Sluice's own resource `FaultInjection` (sluice.dev/v1alpha1): docs/fault-injection.md. */
export interface FaultInjection extends MeshObject {
  /** Fully qualified, or wildcards. */
  readonly hosts: readonly string[];
  /** Names of VirtualService routes; empty: all routes of the hosts. */
  readonly routes: readonly string[];
  /** Where it happens: in proxies that send to the hosts, or in the sidecars of the hosts. */
  readonly side: "CLIENT" | "SERVER";
  /** Which of these proxies, within the scope of the namespace. */
  readonly selector: Labels;
  /** Alternatives; an empty list matches every request. */
  readonly match: readonly FaultMatch[];
  readonly phase: "REQUEST" | "RESPONSE";
  readonly delay?: FaultInjectionDelay;
  readonly abort?: FaultInjectionAbort;
  readonly drip?: FaultInjectionDrip;
  readonly truncate?: FaultInjectionTruncation;
  /** In the response phase: ranges of the statuses that are disturbed; empty for all. */
  readonly responseCodes: readonly (readonly [first: number, last: number])[];
  /** Only the first so many attempts of a request. */
  readonly attempts?: number;
  /** Limits of one proxy. */
  readonly maxActive?: number;
  readonly maxPerSecond?: number;
  /** With a seed the request's id decides: the same id meets the same fault, whichever proxy it comes to. */
  readonly seed?: number;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
  /** Without a control plane it ends after so long. */
  readonly leaseMs?: number;
  /** A request that has this header is left alone. */
  readonly optOutHeader: string;
  /** Whether the response tells in the header x-sluice-fault. */
  readonly mark: boolean;
}
