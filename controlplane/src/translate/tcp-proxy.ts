import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AccessLog } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { CidrRangeSchema } from "../../gen/envoy/config/core/v3/address_pb.js";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type {
  Filter,
  FilterChain,
  FilterChainMatch,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { TcpProxySchema } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { TcpProxy_TunnelingConfigSchema } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { MeshConfig, Tunnel } from "../model/types.ts";
import { accessLogs } from "./access-log.ts";
import { create } from "./create.ts";
import type { Target } from "./destination.ts";
import { resolveServerName } from "./forward-proxy.ts";
import { duration, pack } from "./protobuf.ts";

export type TcpTarget = Pick<
  Target,
  "cluster" | "hashKey" | "tunnel" | "idleTimeoutMs" | "maxDurationMs" | "resolved"
> & {
  readonly weight: number;
};

export interface TcpChain {
  readonly targets: readonly TcpTarget[];
  /** Names of the client's TLS hello that it is for; absent: any connection. */
  readonly serverNames?: readonly string[];
  /** Ranges of addresses of which the connection's own must be in one; absent: any. */
  readonly destinations?: readonly string[];
}

// Envoy has no wildcard for all names: TLS with any is what is meant.
function matchOf({ serverNames, destinations = [] }: TcpChain): FilterChainMatch {
  return create(FilterChainMatchSchema, {
    ...(serverNames?.includes("*") === true ? { transportProtocol: "tls" } : { serverNames: [...(serverNames ?? [])] }),
    prefixRanges: destinations.map(cidrRange),
  });
}

function cidrRange(range: string): MessageInitShape<typeof CidrRangeSchema> {
  const [addressPrefix = "", bits] = range.split("/");
  const all = addressPrefix.includes(":") ? 128 : 32;
  return { addressPrefix, prefixLen: bits === undefined ? all : Number(bits) };
}

// By a request to an HTTP proxy, which connects to the target.
function tunneling({
  protocol,
  targetHost,
  targetPort,
}: Tunnel): MessageInitShape<typeof TcpProxy_TunnelingConfigSchema> {
  const host = targetHost.includes(":") ? `[${targetHost}]` : targetHost;
  return { hostname: `${host}:${targetPort}`, usePost: protocol === "POST" };
}

/** What a chain has beside its targets. */
export interface TcpSurroundings {
  /** Filters that connections pass first. */
  readonly before?: readonly Filter[];
  /** Absent: the mesh's default. */
  readonly log?: AccessLog[] | undefined;
}

/** A filter chain that hands connections to the targets as they are, once the filters before have let them pass. */
export function tcpChain(chain: TcpChain, config: MeshConfig, around: TcpSurroundings = {}): FilterChain {
  const { before = [], log = accessLogs(config) } = around;
  const { targets, serverNames, destinations } = chain;
  const [first] = targets;
  const isHashed = targets.some(({ hashKey }) => hashKey !== undefined && "useSourceIp" in hashKey);
  const proxy = create(TcpProxySchema, {
    statPrefix: first?.cluster ?? "none",
    clusterSpecifier:
      targets.length === 1
        ? { case: "cluster", value: first?.cluster ?? "" }
        : {
            case: "weightedClusters",
            value: { clusters: targets.map(({ cluster, weight }) => ({ name: cluster, weight })) },
          },
    hashPolicy: isHashed ? [{ policySpecifier: { case: "sourceIp", value: {} } }] : [],
    accessLog: log,
    // Envoy has one of each for all destinations: the first one's.
    ...(first?.idleTimeoutMs === undefined ? {} : { idleTimeout: duration(first.idleTimeoutMs) }),
    ...(first?.maxDurationMs === undefined ? {} : { maxDownstreamConnectionDuration: duration(first.maxDurationMs) }),
    ...(first?.tunnel && { tunnelingConfig: tunneling(first.tunnel) }),
  });
  return create(FilterChainSchema, {
    ...(serverNames === undefined && destinations === undefined ? {} : { filterChainMatch: matchOf(chain) }),
    filters: [
      ...before,
      ...(first?.resolved ? [resolveServerName(first.resolved.port)] : []),
      {
        name: "envoy.filters.network.tcp_proxy",
        configType: { case: "typedConfig", value: pack(TcpProxySchema, proxy) },
      },
    ],
  });
}
