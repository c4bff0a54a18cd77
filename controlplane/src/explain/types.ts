import type { AuthorizationPolicy, Position } from "../model/types.ts";

/** What is asked: a request, and where it enters the mesh. */
export interface Question {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** A workload, as "name.namespace": the request is its program's. Otherwise a gateway: by the name of its workload or Gateway. */
  readonly from?: string;
  readonly gateway?: string;
}

/** An object of the user's and where in it the matter stands. */
export interface Place {
  readonly object: string;
  readonly position: Position;
  /** The name of the rule, if it has one. */
  readonly rule?: string;
}

/** A route that was tried, in the order in which the proxy does. */
export interface Attempt {
  readonly route: string;
  readonly madeFrom?: Place;
  /** Why it does not match; absent for the one that does. */
  readonly mismatch?: string;
}

/** Where a route leads to. */
export interface DestinationShare {
  readonly cluster: string;
  readonly host: string;
  readonly subset?: string;
  readonly port: number;
  /** Of the requests of the route, 0 to 100. */
  readonly percent: number;
  /** "address:port" of what is there now; empty: every request gets 503. */
  readonly endpoints: readonly string[];
  /** Ids of the workloads among them. */
  readonly workloads: readonly string[];
}

/** What becomes of the request; a response of the proxy itself has a status. */
export type Outcome =
  | { readonly kind: "forward"; readonly destinations: readonly DestinationShare[] }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  | { readonly kind: "respond"; readonly status: number; readonly why: string };

/** The policies of one workload that look at the request. */
export interface AuthorizationAt {
  readonly workload: string;
  readonly role: "gateway" | "destination";
  readonly policies: readonly Place[];
  /** Absent where nothing has decided. */
  readonly decision?: AuthorizationDecision;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly summary: string;
  readonly rules: readonly { readonly identity: string; readonly mismatch?: string }[];
}

/** The facts that a policy looks at; the addresses are those of a client on the same machine. */
export interface AuthorizationFacts {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly port: number;
  readonly sourceIp: string;
  readonly remoteIp: string;
  readonly destinationIp: string;
}

/** Decides by the policies that apply to one workload. */
export type Authorize = (
  policies: readonly AuthorizationPolicy[],
  facts: AuthorizationFacts,
) => {
  readonly decision: { readonly allowed: boolean };
  readonly summary: string;
  readonly rules: readonly { readonly identity: string; readonly mismatch?: string }[];
};

/** What happens to a request, and why. */
export interface Explanation {
  readonly proxy: { readonly id: string; readonly kind: "sidecar" | "gateway" };
  readonly listener: { readonly name: string; readonly address: string; readonly port: number };
  readonly routes: string;
  /** The request as the proxy sees it. */
  readonly request: {
    readonly method: string;
    readonly authority: string;
    readonly path: string;
    readonly query: string;
  };
  readonly virtualHost?: { readonly name: string; readonly domain: string };
  /** Up to the one that matches. */
  readonly attempts: readonly Attempt[];
  /** Rules of the same VirtualService that this proxy has no route for, before the one that matches. */
  readonly leftOut: readonly (Place & { readonly reason: string })[];
  readonly outcome: Outcome;
  /** What the route does beside forwarding, a line each: faults, headers, time limits, retries, mirrors. */
  readonly effects: readonly Effect[];
  readonly authorization: readonly AuthorizationAt[];
}

export interface Effect {
  readonly kind: "fault" | "rewrite" | "headers" | "timeout" | "retries" | "mirror" | "cors";
  readonly text: string;
}

/** Why there is nothing to explain. */
export interface Unanswerable {
  readonly problem: string;
  readonly allowed?: string;
}
