import type { AuthorizationPolicy, Position } from "../model/types.ts";

/** Who asks, and where that enters the mesh. */
export interface Asker {
  /** A workload, as "name.namespace": what is asked is its program's. Otherwise a gateway: by the name of its workload or Gateway. */
  readonly from?: string;
  readonly gateway?: string;
  /** The client's identity, `spiffe://…`, where its certificate tells one. */
  readonly principal?: string;
  /** The client's address; absent: this machine's own. */
  readonly sourceIp?: string;
}

/** What is asked: a request. */
export interface Question extends Asker {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What is asked: a connection that is not looked into. */
export interface ConnectionQuestion extends Asker {
  /** At a gateway any name, only the port counts; from a workload the service. */
  readonly host: string;
  readonly port: number;
  /** The client speaks TLS with this server name; "" for TLS without one; absent: no TLS. */
  readonly sni?: string;
}

/** A listener's chain of filters that was tried. */
export interface ChainAttempt {
  /** Its server names, or what else it is for. */
  readonly chain: string;
  /** The TLS that the proxy ends there. */
  readonly tls?: ServerSide;
  /** Why it does not take the connection; absent for the one that does. */
  readonly mismatch?: string;
}

export interface ServerSide {
  /** Names of secrets, or files. */
  readonly certificates: readonly string[];
  readonly asksForCertificate: boolean;
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
  /** How the proxy connects: TLS, the choice of an endpoint, limits. */
  readonly manners: readonly string[];
  /** DestinationRules that say so. */
  readonly rules: readonly Place[];
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
  /** RequestAuthentications that check a token, if the request has one. */
  readonly tokens: readonly Place[];
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
  /** A connection that is not looked into has no method, path and host. */
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly port: number;
  readonly sourceIp: string;
  readonly remoteIp: string;
  readonly destinationIp: string;
  readonly peer?: string;
  readonly sni?: string;
}

/** How policies are to be read: by the names of the trust domain, and by what is known of a connection or a request. */
export interface AuthorizationReading {
  readonly trust: { readonly domain: string; readonly aliases: readonly string[] };
  readonly protocol: "http" | "tcp";
}

/** Decides by the policies that apply to one workload. */
export type Authorize = (
  policies: readonly AuthorizationPolicy[],
  facts: AuthorizationFacts,
  reading: AuthorizationReading,
) => {
  readonly decision: { readonly allowed: boolean };
  readonly summary: string;
  readonly rules: readonly { readonly identity: string; readonly mismatch?: string }[];
};

/** Where something comes in. */
export interface Arrival {
  readonly proxy: { readonly id: string; readonly kind: "sidecar" | "gateway" };
  readonly listener: { readonly name: string; readonly address: string; readonly port: number };
  readonly chains: readonly ChainAttempt[];
}

/** What happens to a connection, and why. */
export interface ConnectionExplanation extends Arrival {
  readonly connection: { readonly host: string; readonly port: number; readonly sni?: string };
  /** The TLS and TCP routes of VirtualServices, up to the one that holds; none: the service itself is where it goes. */
  readonly attempts: readonly Attempt[];
  readonly outcome: ConnectionOutcome;
  readonly effects: readonly Effect[];
  readonly authorization: readonly AuthorizationAt[];
}

/** http: its requests are looked at one by one. */
export type ConnectionOutcome =
  | { readonly kind: "forward"; readonly destinations: readonly DestinationShare[] }
  | { readonly kind: "http"; readonly routes: string }
  | { readonly kind: "close"; readonly why: string };

/** What happens to a request, and why. */
export interface Explanation extends Arrival {
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
  /** The request as it goes on, where the route rewrites it. */
  readonly forwarded?: { readonly authority: string; readonly path: string };
  /** What the route does beside forwarding, a line each: faults, headers, time limits, retries, mirrors. */
  readonly effects: readonly Effect[];
  readonly authorization: readonly AuthorizationAt[];
}

export interface Effect {
  readonly kind:
    | "fault"
    | "rewrite"
    | "headers"
    | "timeout"
    | "retries"
    | "mirror"
    | "cors"
    | "hash"
    | "idle timeout"
    | "tunnel"
    | "telemetry"
    | "patch";
  readonly text: string;
  /** The object that asks for it, where that is not the route's own rule. */
  readonly from?: Place;
}

/** Why there is nothing to explain. */
export interface Unanswerable {
  readonly problem: string;
  readonly allowed?: string;
}
