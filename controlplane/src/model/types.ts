/**
 * The mesh as Sluice understands it: Istio's objects, parsed, checked and with their defaults made explicit.
 * Nothing here knows an Envoy type. Durations are milliseconds, percentages are parts per million (0..1,000,000),
 * host names are fully qualified and lower case, unless a comment says otherwise.
 */

import type { RequestAuthentication } from "./authentication-types.ts";
import type { AuthorizationSettings } from "./authorization-settings.ts";
import type { FaultInjection } from "./fault-injection.ts";
import type { EnvoyFilter } from "./envoy-filter.ts";
import type { HeaderPolicy, Template } from "./header-policy.ts";
import type { ProxyConfig, ProxySettings } from "./proxy-config.ts";
import type {
  AccessLogging,
  LogFormat,
  MetricName,
  TagValue,
  TelemetryProvider,
  Tracing,
  TracingDefaults,
  WorkloadMode,
} from "./telemetry-types.ts";

export type { MetricName, TagValue } from "./telemetry-types.ts";

export type * from "./authentication-types.ts";
export type { AuthorizationProvider, AuthorizationSettings, HttpProvider } from "./authorization-settings.ts";
import type { ClientTls, ServerTls } from "./tls-types.ts";
import type { DefaultProviders, ExportDefaults, GatewayTopology, TrafficDefaults } from "./mesh-default-types.ts";
import type { IngressListener, Sidecar } from "./sidecar-types.ts";
import type { ConnectionPool, LocalityLoadBalancing, Subset, TrafficPolicy } from "./traffic-policy-types.ts";

export type * from "./mesh-default-types.ts";
export type * from "./sidecar-types.ts";
export type * from "./tls-types.ts";
export type * from "./traffic-policy-types.ts";

/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Names one user object and where its text stands, so that every later message can point at it. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly position: Position;
}

export interface MeshObject {
  readonly ref: ObjectRef;
  readonly labels: Labels;
}

export type Labels = Readonly<Record<string, string>>;

export type Protocol = "HTTP" | "HTTP2" | "GRPC" | "TCP" | "TLS" | "HTTPS";

/** Istio: ServiceEntry.ports. `targetPort` is the workload's port when a workload's own `ports` map does not name it. */
export interface ServicePort {
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol;
  readonly targetPort?: number;
  /** Clients may speak gRPC as browsers have to. Istio: the protocol GRPC-WEB. */
  readonly grpcWeb?: true;
  /** Kubernetes: the workload's name for its port, where that is not this port's. */
  readonly targetPortName?: string;
}

/** An address that serves a service: an inline ServiceEntry endpoint, or a workload that its selector picks. */
export interface Endpoint {
  /** An IP address, a host name, or a Unix socket: `unix://` and its path (`@` before a name that is no file). */
  readonly address: string;
  /** Port name of the service to port number of the endpoint. */
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Labels;
  /** Relative load-balancing weight; 0 is not used. */
  readonly weight: number;
  /** "region/zone/sub-zone"; absent where nothing says it. */
  readonly locality?: string;
  /** The workload behind it, absent for an inline endpoint (which has no sidecar). */
  readonly workload?: Workload;
}

/** One host of a ServiceEntry; an entry with several hosts becomes several services. */
export interface Service extends MeshObject {
  readonly host: string;
  readonly namespace: string;
  readonly ports: readonly ServicePort[];
  readonly resolution: "STATIC" | "DNS" | "DNS_ROUND_ROBIN" | "NONE" | "DYNAMIC_DNS";
  readonly location: "MESH_INTERNAL" | "MESH_EXTERNAL";
  /** Namespaces whose proxies see it, "*" for all; absent: all. */
  readonly exportTo?: readonly string[];
  /** Virtual addresses by which it may be asked for, too. */
  readonly addresses?: readonly string[];
  /** Names that its certificates may have, where no DestinationRule says any. */
  readonly subjectAltNames?: readonly string[];
  readonly endpoints: readonly Endpoint[];
}

/** A WorkloadEntry: one instance of a program, with a sidecar of its own, or a gateway. */
export interface Workload extends MeshObject {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** Port name to the port on which the program itself listens. */
  readonly ports: Readonly<Record<string, number>>;
  readonly weight: number;
  readonly locality?: string;
  readonly serviceAccount: string;
  /** The WorkloadGroup of its namespace that it belongs to. */
  readonly group?: string;
}

/** Istio: StringMatch. Regular expressions are RE2 and match the whole value. */
export type StringMatch =
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly regex: string }
  | { readonly present: true };

/** Istio: HTTPMatchRequest. All given fields must match. */
export interface HttpMatch {
  readonly name?: string;
  readonly uri?: StringMatch;
  readonly ignoreUriCase: boolean;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly headers: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders: Readonly<Record<string, StringMatch>>;
  readonly queryParams: Readonly<Record<string, StringMatch>>;
  readonly port?: number;
  readonly sourceLabels: Labels;
  readonly sourceNamespace?: string;
  /** Which of the VirtualService's own gateways this match is for; canonical names, see `VirtualService.gateways`. */
  readonly gateways?: readonly string[];
  readonly statPrefix?: string;
}

export interface HeaderOperations {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  /** Of `set` and `add`, the values that ask for facts of the request. */
  readonly templates?: Readonly<Record<"set" | "add", Readonly<Record<string, Template>>>>;
}

export interface Headers {
  readonly request?: HeaderOperations;
  readonly response?: HeaderOperations;
}

export interface Destination {
  readonly host: string;
  readonly subset?: string;
  readonly port?: number;
}

export interface RouteDestination {
  readonly destination: Destination;
  /** Relative; 0 only where the user wrote it or where there are several destinations without weights. */
  readonly weight: number;
  readonly headers?: Headers;
}

/** Istio: HTTPFaultInjection. Delay and abort are sampled independently; the delay comes first. */
export interface Fault {
  readonly delay?: { readonly perMillion: number; readonly fixedDelayMs: number };
  readonly abort?: { readonly perMillion: number; readonly httpStatus?: number; readonly grpcStatus?: number };
}

export interface Retries {
  readonly attempts: number;
  readonly perTryTimeoutMs?: number;
  readonly retryOn?: string;
  readonly backoffMs?: number;
  /** Whether a retry may leave the locality of the attempt before; absent: no. */
  readonly remoteLocalities?: boolean;
  /** Whether a retry looks for another host; absent: yes, unless the destination's cluster hashes. */
  readonly ignorePreviousHosts?: boolean;
}

/** Istio: CorsPolicy. */
export interface CorsPolicy {
  readonly allowOrigins: readonly StringMatch[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeMs?: number;
  readonly allowCredentials?: boolean;
  /** Whether a preflight request of an origin that is not allowed goes on to the program. */
  readonly forwardUnmatchedPreflights: boolean;
}

export interface Rewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly uriRegexRewrite?: { readonly match: string; readonly rewrite: string };
}

export interface Redirect {
  readonly uri?: string;
  readonly prefixRewrite?: string;
  readonly authority?: string;
  readonly scheme?: string;
  /** "request": the port that the request came in on. */
  readonly port?: number | "request";
  readonly redirectCode: 301 | 302 | 303 | 307 | 308;
}

export interface Mirror {
  readonly destination: Destination;
  readonly perMillion: number;
}

export interface HttpRoute {
  readonly name?: string;
  /** Alternatives; an empty list matches every request. */
  readonly match: readonly HttpMatch[];
  readonly route: readonly RouteDestination[];
  readonly redirect?: Redirect;
  readonly directResponse?: { readonly status: number; readonly body?: string | Uint8Array };
  readonly rewrite?: Rewrite;
  readonly timeoutMs?: number;
  /** Absent: Istio's default policy. Present with attempts 0: no retry. */
  readonly retries?: Retries;
  readonly fault?: Fault;
  readonly mirrors: readonly Mirror[];
  readonly cors?: CorsPolicy;
  readonly headers?: Headers;
  /** A VirtualService without hosts whose routes stand in the place of this one. Never there in an assembled mesh. */
  readonly delegate?: { readonly namespace: string; readonly name: string };
  readonly position: Position;
}

/** Istio: L4MatchAttributes, and TLSMatchAttributes with its `sniHosts`. All given fields must match. */
export interface TcpMatch {
  /** TLS only: server names of the client's hello, exact or wildcard. */
  readonly sniHosts?: readonly string[];
  /** Ranges of addresses, of which the one that the client wants must be in one. */
  readonly destinationSubnets?: readonly string[];
  readonly port?: number;
  readonly sourceLabels: Labels;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

/** Istio: TCPRoute, TLSRoute. Connections go to one of the destinations, by weight. */
export interface TcpRoute {
  /** Alternatives; an empty list matches every connection. */
  readonly match: readonly TcpMatch[];
  readonly route: readonly Omit<RouteDestination, "headers">[];
  readonly position: Position;
}

export interface VirtualService extends MeshObject {
  /** Fully qualified, or a wildcard. */
  readonly hosts: readonly string[];
  /** Canonical: "mesh", or "namespace/name" of a Gateway. */
  readonly gateways: readonly string[];
  /** Namespaces whose proxies see it, "*" for all. */
  readonly exportTo: readonly string[];
  readonly http: readonly HttpRoute[];
  readonly tls: readonly TcpRoute[];
  readonly tcp: readonly TcpRoute[];
  /** The VirtualServices that its routes were delegated to. */
  readonly delegates?: readonly ObjectRef[];
}

export interface DestinationRule extends MeshObject {
  readonly host: string;
  /** Absent: for every client that sees the rule; otherwise for clients with these labels in its own namespace. */
  readonly workloadSelector?: Labels;
  /** Namespaces whose proxies see it, "*" for all. */
  readonly exportTo: readonly string[];
  readonly trafficPolicy?: TrafficPolicy;
  readonly subsets: readonly Subset[];
}

export interface GatewayServer {
  readonly port: { readonly number: number; readonly protocol: Protocol; readonly name: string };
  /** Clients may speak gRPC as browsers have to. Istio: the protocol GRPC-WEB. */
  readonly grpcWeb?: true;
  /** "*", exact or wildcard; `namespace` limits which VirtualServices may bind ("*" for any). */
  readonly hosts: readonly { readonly namespace: string; readonly host: string }[];
  /** Only of ports that speak TLS. */
  readonly tls?: ServerTls;
  /** Plain HTTP only: every request is answered with a redirect to https. */
  readonly httpsRedirect?: true;
  /** The address to listen on instead of the workload's. */
  readonly bind?: string;
}

export interface Gateway extends MeshObject {
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}

/**
 * A Kubernetes Secret with certificates, in PEM. What it says is for Envoys alone: no message, log or answer of the
 * HTTP API has any of it.
 */
export interface Secret extends MeshObject {
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly authorities?: string;
  readonly revoked?: string;
}

/**
 * A value of an AuthorizationPolicy list: Istio's exact, `abc*`, `*abc` and `*` forms, path templates (`{*}` is one
 * segment, `{**}` any number), blocks of IP addresses (`10.0.0.0/8`; one address has all of its bits), and of namespaces
 * alone `abc*xyz`, where the one star stands for any text, or for none.
 */
export type ValueMatch =
  | { readonly kind: "exact" | "prefix" | "suffix" | "wildcard" | "template" | "cidr"; readonly value: string }
  | { readonly kind: "present" };

/** The lists of a source, and of each the name of the one that must not match. */
export const sourceFields = [
  ["principals", "notPrincipals"],
  ["requestPrincipals", "notRequestPrincipals"],
  ["namespaces", "notNamespaces"],
  ["serviceAccounts", "notServiceAccounts"],
  ["trustDomains", "notTrustDomains"],
  ["ipBlocks", "notIpBlocks"],
  ["remoteIpBlocks", "notRemoteIpBlocks"],
] as const;
export type SourceField = (typeof sourceFields)[number][0];

/** In the matches of request principals it stands where a user writes the slash between issuer and subject. */
export const PRINCIPAL_SEPARATOR = "\u0001";

/**
 * Istio: Source. All of the given lists must match; an absent one asks nothing. Service accounts have their namespace
 * ("bookinfo/sa"), principals are without `spiffe://`.
 */
export type AuthorizationSource = {
  readonly [K in (typeof sourceFields)[number][number]]?: readonly ValueMatch[];
};

export interface AuthorizationOperation {
  readonly hosts: readonly ValueMatch[];
  readonly notHosts: readonly ValueMatch[];
  readonly ports: readonly number[];
  readonly notPorts: readonly number[];
  readonly methods: readonly ValueMatch[];
  readonly notMethods: readonly ValueMatch[];
  readonly paths: readonly ValueMatch[];
  readonly notPaths: readonly ValueMatch[];
}

/** The keys of `when` that have no argument. */
export type AuthorizationAttribute =
  | "source.ip"
  | "remote.ip"
  | "source.namespace"
  | "source.serviceAccount"
  | "source.principal"
  | "source.trustDomain"
  | "request.auth.principal"
  | "request.auth.audiences"
  | "request.auth.presenter"
  | "destination.ip"
  | "destination.port"
  | "connection.sni";

/** What a condition looks at. */
export type ConditionKey =
  /** Lower-case name of a request header. */
  | { readonly header: string }
  | { readonly attribute: AuthorizationAttribute }
  /** A claim of the request's token, by the names that lead to it. */
  | { readonly claim: readonly string[] }
  /** Dynamic metadata of a filter of Envoy: `experimental.FILTER[KEY]`. */
  | { readonly filter: string; readonly key: string };

export type AuthorizationCondition = ConditionKey & {
  readonly values: readonly ValueMatch[];
  readonly notValues: readonly ValueMatch[];
};

export interface AuthorizationRule {
  /** Alternatives; an absent or empty list matches every peer. */
  readonly from?: readonly AuthorizationSource[];
  /** Alternatives; an empty list matches every request. */
  readonly to: readonly AuthorizationOperation[];
  readonly when: readonly AuthorizationCondition[];
}

export interface AuthorizationPolicy extends MeshObject {
  /** Empty: every workload in the scope of the policy's namespace (all namespaces, for the root namespace). */
  readonly selector: Labels;
  readonly action: "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";
  /** CUSTOM only: the name of the mesh's extension provider that decides. */
  readonly provider?: string;
  /** ALLOW and DENY only: what it would decide is measured and logged, and has no effect (annotation istio.io/dry-run). */
  readonly dryRun?: boolean;
  readonly rules: readonly AuthorizationRule[];
}

export interface TelemetryOverride {
  readonly metric: MetricName | "ALL_METRICS";
  readonly mode: WorkloadMode;
  readonly disabled?: boolean;
  readonly tags: Readonly<Record<string, TagOverride>>;
}

export type TagOverride = { readonly operation: "REMOVE" } | { readonly operation: "UPSERT"; readonly value: TagValue };

export interface Telemetry extends MeshObject {
  readonly selector: Labels;
  readonly overrides: readonly TelemetryOverride[];
  /** How often the counts of TCP connections that last are reported. */
  readonly reportingIntervalMs?: number;
  readonly accessLogging?: readonly AccessLogging[];
  readonly tracing?: readonly Tracing[];
}

/** Istio: MeshConfig, as far as it is understood, with defaults made explicit. */
export interface MeshConfig {
  /** Absent where no file says anything: all is default. */
  readonly ref?: ObjectRef;
  /** Istio: defaultHttpRetryPolicy; for routes without a policy of their own. */
  readonly defaultRetries?: Retries;
  /** Istio: accessLogFile, accessLogFormat, accessLogEncoding; absent: no access log. JSON formats are field to command. */
  readonly accessLog?: {
    readonly path: string;
    readonly format: LogFormat;
  };
  readonly trustDomain: string;
  /** The namespace whose policies hold for the whole mesh. */
  readonly rootNamespace: string;
  /** What becomes of requests to hosts that nobody declared. */
  readonly outboundTraffic: "REGISTRY_ONLY" | "ALLOW_ANY";
  /** Istio: outboundTrafficPolicy.egressProxy and its tls. */
  readonly egressProxy?: Destination;
  readonly outboundTls?: ClientTls;
  /** Istio: defaultTrafficPolicy, connectTimeout, tcpKeepalive, h2UpgradePolicy: for what no rule says. */
  readonly trafficDefaults?: TrafficDefaults;
  /** Istio: localityLbSetting. */
  readonly locality?: LocalityLoadBalancing;
  /** Istio: dnsRefreshRate; absent: Istio's minute. */
  readonly dnsRefreshRateMs?: number;
  /** What `exportTo` is where an object does not say: "." is its own namespace. Absent: all namespaces. */
  readonly exportTo?: ExportDefaults;
  /** Istio: inboundClusterStatName, outboundClusterStatName. */
  readonly statNames?: { readonly inbound?: string; readonly outbound?: string };
  /** Istio: defaultProviders. */
  readonly defaultProviders?: DefaultProviders;
  /** Istio: defaultConfig.tracing; its provider is there only with enableTracing. */
  readonly tracing?: TracingDefaults;
  /** Istio: accessLogFormat and accessLogEncoding, which the provider `envoy` has, too; absent: Istio's own. */
  readonly logFormat?: LogFormat;
  /** Istio: defaultConfig.gatewayTopology. */
  readonly gatewayTopology?: GatewayTopology;
  /** Istio: defaultConfig.concurrency and proxyMetadata: how Envoys are started where no ProxyConfig says otherwise. */
  readonly proxySettings?: ProxySettings;
  /** Istio: defaultConfig.runtimeValues: Envoy's runtime, by key; here it may change while the Envoys run. */
  readonly runtimeValues?: Readonly<Record<string, string>>;
  readonly pathNormalization: "NONE" | "BASE" | "MERGE_SLASHES" | "DECODE_AND_MERGE_SLASHES";
  /** Istio: trustDomain, trustDomainAliases and those of extensionProviders that decide; absent: the defaults. */
  readonly authorization?: AuthorizationSettings;
  /** Istio: those of extensionProviders that take logs and spans; absent: only Istio's own `envoy`. */
  readonly telemetryProviders?: readonly TelemetryProvider[];
}

/**
 * All that is good, each list sorted by namespace and name, so that equal input makes equal output. Where Istio lets the
 * older of two objects win, the first of the list does: files have no age that survives a copy, and names are also how
 * Istio breaks a tie.
 */
export interface Mesh {
  readonly config: MeshConfig;
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
  readonly gateways: readonly Gateway[];
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly requestAuthentications: readonly RequestAuthentication[];
  readonly telemetries: readonly Telemetry[];
  readonly faultInjections: readonly FaultInjection[];
  readonly headerPolicies: readonly HeaderPolicy[];
  readonly secrets: readonly Secret[];
  readonly sidecars: readonly Sidecar[];
  readonly envoyFilters: readonly EnvoyFilter[];
  readonly proxyConfigs: readonly ProxyConfig[];
  /** Envoys that should run, derived from workloads and gateways. */
  readonly proxies: readonly Proxy[];
}

/**
 * Where a sidecar's program reaches a port of a service that does not speak HTTP: there no Host header says which
 * service is meant, so each has a port of its own.
 */
export interface TcpPort {
  readonly host: string;
  /** The service's port. */
  readonly port: number;
  readonly listenPort: number;
}

/** A port of a sidecar: peers connect to `listenPort`, the program listens on `appPort` of the same address. */
export interface InboundPort {
  readonly name: string;
  readonly appPort: number;
  readonly listenPort: number;
  /** The service that the port belongs to, absent where no ServiceEntry picks the workload. */
  readonly service?: { readonly host: string; readonly port: ServicePort };
  /** What a Sidecar says of the port. */
  readonly ingress?: IngressListener;
  /** For connections to the program. */
  readonly connectionPool?: ConnectionPool;
}

/**
 * One Envoy. A sidecar has inbound ports and an outbound listener through which its program reaches everything else;
 * a gateway has the servers of every Gateway whose selector picks it.
 */
export interface Proxy {
  /** "name.namespace" of its workload: the identity in node ids, file names and `sluice status`. */
  readonly id: string;
  readonly kind: "sidecar" | "gateway";
  readonly workload: Workload;
  readonly inbound: readonly InboundPort[];
  /** Sidecars only: where the program sends its requests, by host name. */
  readonly outbound?: { readonly address: string; readonly port: number };
  /** Sidecars only: on the address of `outbound`, sorted by host and port. */
  readonly tcp?: readonly TcpPort[];
  readonly gateways: readonly Gateway[];
}
