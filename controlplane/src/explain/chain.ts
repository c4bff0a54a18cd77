import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { FilterChain } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { TcpProxySchema } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { TcpProxy } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { DownstreamTlsContextSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { includes } from "../model/index.ts";
import type { ChainAttempt, ServerSide } from "./types.ts";

/** How a client opens its connection. */
export interface Hello {
  readonly tls: boolean;
  /** The server name in a TLS hello; clients send none for an address. */
  readonly sni?: string;
}

/** What chain of filters takes a connection, and why the others do not. */
export interface ChosenChain {
  readonly attempts: readonly ChainAttempt[];
  readonly chosen?: FilterChain;
}

/**
 * Envoy's choice: by the narrowest range that the connection's own address is in, else a chain without ranges; of those
 * by server name the exact one, else the longest wildcard, else a chain without names; of those then one
 * that asks for TLS before one that does not. Envoy: source/common/listener_manager/filter_chain_manager_impl.cc.
 */
export function chooseChain({ filterChains, defaultFilterChain, address }: Listener, hello: Hello): ChosenChain {
  const own = address?.address.case === "socketAddress" ? address.address.value.address : "";
  const ranked = filterChains.map((chain) => ({ chain, ...rankAt(own, chain, hello) }));
  const [best] = ranked.filter(({ mismatch }) => mismatch === undefined).toSorted((a, b) => b.rank - a.rank);
  const chosen = best?.chain ?? defaultFilterChain;
  const attempts = ranked.map(({ chain, mismatch }) => {
    const other = chain === chosen || best === undefined ? undefined : `${nameOf(best.chain)} is closer`;
    return attempt(chain, mismatch ?? other);
  });
  const last = defaultFilterChain === undefined ? [] : [defaultFilterChain];
  return {
    attempts: [...attempts, ...last.map((chain) => attempt(chain, best && `${nameOf(best.chain)} is closer`))],
    ...(chosen === undefined ? {} : { chosen }),
  };
}

function attempt(chain: FilterChain, mismatch: string | undefined): ChainAttempt {
  const tls = serverSide(chain);
  return {
    chain: nameOf(chain),
    ...(tls === undefined ? {} : { tls }),
    ...(mismatch === undefined ? {} : { mismatch }),
  };
}

/** Server names, else "TLS", else "any connection". */
function nameOf({ filterChainMatch, transportSocket }: FilterChain): string {
  const names = filterChainMatch?.serverNames ?? [];
  if (names.length > 0) return names.join(", ");
  return filterChainMatch?.transportProtocol === "tls" || transportSocket !== undefined ? "any TLS" : "any connection";
}

const EXACT = 1_000;

/** By address before by name: a connection comes in at the listener's own. */
function rankAt(own: string, chain: FilterChain, hello: Hello): { rank: number; mismatch?: string } {
  const ranges = chain.filterChainMatch?.prefixRanges ?? [];
  const lengths = ranges.flatMap(({ addressPrefix, prefixLen = 0 }) =>
    includes(`${addressPrefix}/${prefixLen}`, own) ? [1 + prefixLen] : [],
  );
  if (ranges.length > 0 && lengths.length === 0) return { rank: 0, mismatch: `${own} is in none of its ranges` };
  const { rank, ...rest } = rankOf(chain, hello);
  return { rank: rank + 2 * EXACT * Math.max(0, ...lengths), ...rest };
}

function rankOf({ filterChainMatch }: FilterChain, { tls, sni }: Hello): { rank: number; mismatch?: string } {
  const { serverNames = [], transportProtocol = "" } = filterChainMatch ?? {};
  if (serverNames.length === 0) {
    if (transportProtocol === "tls" && !tls) return { rank: 0, mismatch: "it is for TLS" };
    return { rank: transportProtocol === "" ? 0 : 1 };
  }
  if (!tls) return { rank: 0, mismatch: "it is for TLS" };
  if (sni === undefined) return { rank: 0, mismatch: "the client's hello has no server name" };
  const ranks = serverNames.map((name) => nameRank(name.toLowerCase(), sni.toLowerCase()));
  const rank = Math.max(...ranks);
  return rank === 0 ? { rank, mismatch: `${sni} is none of its server names` } : { rank };
}

function nameRank(name: string, sni: string): number {
  if (name === sni) return EXACT;
  const suffix = name.startsWith("*.") ? name.slice(1) : undefined;
  return suffix !== undefined && sni.endsWith(suffix) && sni.length > suffix.length ? 1 + suffix.length : 0;
}

/** The TLS that the proxy itself ends. */
function serverSide({ transportSocket }: FilterChain): ServerSide | undefined {
  const { configType } = transportSocket ?? {};
  const context =
    configType?.case === "typedConfig" ? anyUnpack(configType.value, DownstreamTlsContextSchema) : undefined;
  if (context === undefined) return undefined;
  const { tlsCertificateSdsSecretConfigs: named = [], tlsCertificates: files = [] } = context.commonTlsContext ?? {};
  const paths = files.flatMap(({ certificateChain }) =>
    certificateChain?.specifier.case === "filename" ? [certificateChain.specifier.value] : [],
  );
  return {
    certificates: [...named.map(({ name }) => name), ...paths],
    asksForCertificate: context.requireClientCertificate === true,
  };
}

/** Name of the routes that an HTTP chain asks for. */
export function routesOfChain({ filters }: FilterChain): string | undefined {
  for (const { configType } of filters) {
    const manager =
      configType.case === "typedConfig" ? anyUnpack(configType.value, HttpConnectionManagerSchema) : undefined;
    if (manager?.routeSpecifier.case === "rds") return manager.routeSpecifier.value.routeConfigName;
  }
  return undefined;
}

/** What hands a connection on as it is. */
export function tcpProxyOf({ filters }: FilterChain): TcpProxy | undefined {
  for (const { configType } of filters) {
    const proxy = configType.case === "typedConfig" ? anyUnpack(configType.value, TcpProxySchema) : undefined;
    if (proxy !== undefined) return proxy;
  }
  return undefined;
}
