import type { ClientTls, TlsTermination } from "./tls-types.ts";
import type { ConnectionPool } from "./traffic-policy-types.ts";
import type { Destination, Labels, MeshConfig, MeshObject, Protocol } from "./types.ts";

/** Hosts of a namespace: "*" for any, "~" for none. */
export interface ScopedHost {
  readonly namespace: string;
  readonly host: string;
  /** Present: these are taken away from what the others of the list name. */
  readonly isExcluded?: true;
}

/** Istio: IstioEgressListener with a port: hosts that a program reaches at a place of its own. */
export interface EgressListener {
  readonly name: string;
  /** An IP address, or `unix://` and a path; then the port is 0. */
  readonly bind: string;
  readonly port: number;
  /** HTTP_PROXY: whatever port of a host the request names; otherwise this port of the hosts, and no other. */
  readonly protocol: Protocol | "HTTP_PROXY";
  readonly hosts: readonly ScopedHost[];
}

/** Istio: IstioIngressListener: a port at which a sidecar takes what comes in for its program. */
export interface IngressListener {
  readonly name: string;
  readonly port: number;
  /** What the program is sent, after TLS where the listener ends that. */
  readonly protocol: Protocol;
  /** Clients may speak gRPC as browsers have to. */
  readonly grpcWeb?: true;
  /** The address to listen on; absent: the workload's. */
  readonly bind?: string;
  /** Whether to listen at the port itself, and not at one that is allotted as for any other port. */
  readonly isExact: boolean;
  /** Where the program listens; absent: at the same port of the workload's address. */
  readonly target?: ProgramAddress;
  readonly tls?: TlsTermination;
  readonly connectionPool?: ConnectionPool;
}

/** An IP address, the workload's where there is none, and a port; or the path of a Unix socket. */
export type ProgramAddress = { readonly address?: string; readonly port: number } | { readonly path: string };

/** Istio: Sidecar; what the sidecars of some workloads know of, and where they listen. */
export interface Sidecar extends MeshObject {
  /** Empty: all workloads of its namespace; of every namespace that has none of its own, in the root namespace. */
  readonly selector: Labels;
  /** What the one outbound listener leads to. Absent: everything. */
  readonly egress?: readonly ScopedHost[];
  /** Listeners beside that one. */
  readonly listeners?: readonly EgressListener[];
  /** Absent: the ports of the workload and of the services that pick it. */
  readonly ingress?: readonly IngressListener[];
  /** For connections to the program, where an ingress listener has none of its own. */
  readonly inboundConnectionPool?: ConnectionPool;
  /** Absent: as the mesh has it. */
  readonly outbound?: OutboundPolicy;
}

/** Istio: OutboundTrafficPolicy. */
export interface OutboundPolicy {
  readonly mode: MeshConfig["outboundTraffic"];
  /** Who gets what goes to undeclared hosts, where those may be reached. */
  readonly egressProxy?: Destination;
  /** Towards undeclared hosts. */
  readonly tls?: ClientTls;
}
