import type { Header } from "../core/header-map.ts";
import type { CallOut, Cluster, Outcome, Reply } from "../vm/clusters.ts";
import type { GrpcServer } from "../vm/grpc.ts";
import type { LoadOptions } from "../vm/host.ts";

/** A filter of a scenario: a module's bytes, and the fields of Envoy's PluginConfig and VmConfig. */
export interface ScenarioFilter extends LoadOptions {
  readonly wasm: Uint8Array<ArrayBuffer>;
}

/** One request of a scenario, over HTTP/1.1. */
export interface ScenarioRequest {
  /** Default GET. */
  readonly method?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Default `h`. */
  readonly authority?: string;
  /** A record, or a list where a name comes twice. */
  readonly headers?: Readonly<Record<string, string>> | readonly Header[];
  /** The body's pieces, each sent when the last one has arrived; none = no body. */
  readonly body?: readonly (string | Uint8Array)[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** Milliseconds that pass after it, for ticks and call-outs that outlive it. */
  readonly afterMs?: number;
}

/** What the upstream answers: a reply whose body may come in pieces, or what a scripted cluster may do. */
export type UpstreamOutcome = Outcome | (Reply & { readonly chunks?: readonly string[] });

/** An upstream as a function. One that answers by a promise is for a real Envoy only. */
export type UpstreamScript = (request: CallOut) => UpstreamOutcome | Promise<UpstreamOutcome>;

/**
 * What happens, as a value: it runs in the in-process host and in a real Envoy alike. Every function of it runs in this
 * process either way, in a real run behind a server on a loopback port.
 */
export interface Scenario {
  /** For people; default `scenario`. */
  readonly title?: string;
  /** In the order in which a request passes them. */
  readonly filters: readonly ScenarioFilter[];
  readonly requests: readonly ScenarioRequest[];
  /** What requests that have passed the filters get. Default 200 and the body `hi`. */
  readonly upstream?: UpstreamScript;
  /** Where HTTP call-outs go, by the cluster's name. */
  readonly clusters?: Readonly<Record<string, Cluster>>;
  /** Where gRPC calls and streams go, by the cluster's name. */
  readonly grpc?: Readonly<Record<string, GrpcServer>>;
  /** Bytes that filters may hold back: per_connection_buffer_limit_bytes. Default 1 MiB. */
  readonly bufferLimit?: number;
  /** Log lines count in any order: in Envoy, a queue is told of by whichever thread registered it last. Default false. */
  readonly anyOrder?: boolean;
  /** The level from which modules' logs count, Envoy's own; default trace. */
  readonly logLevel?: "trace" | "info";
}

/** From the plugins' configuration to the first request: ticks and call-outs that begin there have their time. */
export const AFTER_START_MS = 200;

/** Between two pieces of a body: less, and a connection may join them. */
export const BETWEEN_PIECES_MS = 80;

/** Log lines as they are compared. */
export function inOrder({ anyOrder }: Scenario, lines: readonly string[]): readonly string[] {
  return anyOrder === true ? lines.toSorted() : lines;
}

/** A request's headers as a list. */
export function headersOf(request: ScenarioRequest): readonly Header[] {
  const { headers = [] } = request;
  return isList(headers) ? headers : Object.entries(headers);
}

function isList(headers: Readonly<Record<string, string>> | readonly Header[]): headers is readonly Header[] {
  return Array.isArray(headers);
}

/**
 * The filters with the names that they have in both runs: `key` and a number where the scenario gives none. Envoy puts
 * name, root_id and vm_id before what a stream's context logs, and root_id and vm_id before what a root context does.
 */
export function namedFilters(scenario: Scenario, key: string): readonly ScenarioFilter[] {
  return scenario.filters.map((filter, index) => ({
    ...filter,
    name: filter.name ?? `${key}.${index}`,
    rootId: filter.rootId ?? `${key}.${index}`,
    vmId: filter.vmId ?? key,
  }));
}
